/** The map of the house, executed: who may import whom, and which packages enter where. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TABLE } from './import-table.ts';
import { surveyImports } from './imports.ts';

test('every room imports only what the table allows', async () => {
  const survey = await surveyImports('.', ['signal', 'app'], TABLE);
  expect(survey.breaches).toEqual([]);
  expect(survey.modules).toBeGreaterThanOrEqual(60);
  expect(survey.components).toBeGreaterThanOrEqual(10);
});

/** The files of the server, outside the room itself, that know of what is kept for people who are away. */
function knowersOfStorage(files: readonly (readonly [name: string, text: string])[]): string[] {
  return files.filter(([, text]) => /from '\.\/storage\//.test(text)).map(([name]) => name);
}

test('only the file that puts the server together knows what is kept for people who are away', () => {
  const names = readdirSync('signal').filter((name) => name.endsWith('.ts'));
  const files = names.map((name) => [name, readFileSync(join('signal', name), 'utf8')] as const);
  expect(knowersOfStorage(files)).toEqual(['server.ts']);
  const other = ['http.ts', "import type { Storage } from './storage/storage.ts';"] as const;
  expect(knowersOfStorage([...files, other])).toEqual(['server.ts', 'http.ts']);
});

/** A small house in good order; each test below breaks one thing in it. */
const SMALL_HOUSE: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "small", "type": "module" }',
  'signal/wire/bytes.ts': `export type Bytes = Uint8Array;`,
  'signal/main.ts': `import { readFileSync } from 'node:fs'; import { WebSocketServer } from 'ws'; export const parts = [readFileSync, WebSocketServer];`,
  'app/core/base/clock.ts': `import type { Bytes } from '../../../signal/wire/bytes.ts'; export type Clock = () => Bytes;`,
  'app/core/chat/chat.ts': `import type { Clock } from '../base/clock.ts'; export class Chat { clock?: Clock }`,
  'app/ui/App.svelte': `<script lang="ts">import { Chat } from '../core/chat/chat.ts'; const chat: Chat = new Chat();</script><p>{chat.clock}</p>`,
  'app/ui/main.ts': `import { mount } from 'svelte'; import App from './App.svelte'; export const app = mount(App, { target: document.body });`,
};
const SMALL_TABLE = TABLE.filter(([path]) =>
  Object.keys(SMALL_HOUSE).some((name) => `${name}/`.startsWith(`${path}/`)),
);

async function surveySmallHouse(changes: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'sotto-house-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ...SMALL_HOUSE, ...changes })) {
    await mkdir(join(root, dirname(name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return surveyImports(root, ['signal', 'app'], SMALL_TABLE);
}

test('a house in good order passes', async () => {
  expect(await surveySmallHouse({})).toEqual({ modules: 6, components: 1, breaches: [] });
});

test.each([
  [
    'a room',
    'app/core/chat/chat.ts',
    `import { parts } from '../../../signal/main.ts'; export class Chat { p = parts }`,
  ],
  ['a type', 'app/core/chat/chat.ts', `import type { P } from '../../../signal/main.ts'; export class Chat { p?: P }`],
  ['a re-export', 'app/core/chat/chat.ts', `export * from '../../../signal/main.ts'; export class Chat {}`],
  [
    'the app, from the server',
    'signal/main.ts',
    `import type { Clock } from '../app/core/base/clock.ts'; export type C = Clock;`,
  ],
  [
    'a built-in of Node',
    'app/core/chat/chat.ts',
    `import { readFileSync } from 'node:fs'; export class Chat { read = readFileSync }`,
  ],
  [
    'a built-in without its prefix',
    'signal/wire/bytes.ts',
    `import { Buffer } from 'buffer'; export type Bytes = Buffer;`,
  ],
  ['a package', 'app/core/chat/chat.ts', `import { WebSocket } from 'ws'; export class Chat { socket?: WebSocket }`],
  ['a package, on demand', 'app/core/chat/chat.ts', `export class Chat { store = () => import('idb-keyval') }`],
  [
    'a package that is not there',
    'app/core/chat/chat.ts',
    `import x from 'not-installed'; export class Chat { x = x }`,
  ],
  [
    'a room, from a component',
    'app/ui/App.svelte',
    `<script lang="ts">import { now } from '../core/base/clock.ts';</script>{now()}`,
  ],
  [
    'a type, from a component',
    'app/ui/App.svelte',
    `<script lang="ts">import type { Clock } from '../core/base/clock.ts'; let c: Clock;</script>`,
  ],
  [
    'a package, from a component',
    'app/ui/App.svelte',
    `<script module lang="ts">import Peer from 'simple-peer';</script>{Peer.WEBRTC_SUPPORT}`,
  ],
  [
    'a built-in, from a component',
    'app/ui/App.svelte',
    `<script lang="ts">import { join } from 'node:path';</script>{join('a')}`,
  ],
  [
    'a room, from the markup',
    'app/ui/App.svelte',
    `{#await import('../core/base/clock.ts') then clock}{clock}{/await}`,
  ],
])('the check sees a forbidden import: %s', async (_what, name, text) => {
  const { breaches } = await surveySmallHouse({ [name]: text });
  expect(breaches).toHaveLength(1);
});

test('the check sees cycles, also of types and of components', async () => {
  const ofTypes = await surveySmallHouse({
    'app/core/base/clock.ts': `import type { Timer } from './timer.ts'; export type Clock = Timer;`,
    'app/core/base/timer.ts': `import type { Clock } from './clock.ts'; export type Timer = Clock;`,
  });
  expect(ofTypes.breaches.join()).toContain('(a cycle)');
  const ofComponents = await surveySmallHouse({
    'app/ui/App.svelte': `<script lang="ts">import Page from './Page.svelte';</script><Page />`,
    'app/ui/Page.svelte': `<script lang="ts">import App from './App.svelte';</script><App />`,
  });
  expect(ofComponents.breaches.join()).toContain('(a cycle)');
});

test('the check wants a room for every file, and a file for every room', async () => {
  await expect(surveySmallHouse({ 'app/core/attic/box.ts': 'export {};' })).rejects.toThrow('app/core/attic/box.ts');
  await expect(surveyImports('test', [], [['app/nowhere', [], []]])).rejects.toThrow('app/nowhere');
});
