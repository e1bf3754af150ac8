/** A tab that its system freezes, as phones do and full memories. */
import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { times } from '../parts/long.ts';
import {
  createInvite,
  expectConnection,
  expectConversation,
  expectMessage,
  expectState,
  join,
  newcomer,
  send,
  start,
} from './journey.ts';
import { judge } from './records.ts';
import { test } from './test.ts';

/** What is left of the time it stays frozen once it was dropped. */
const STAYS = times(0, 70_000);
const PATIENCE = 60_000;

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
}

/** What runs on this machine; what ends while it is looked at is left out. */
function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
        return [{ id: Number(name), parent: Number(parent), command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
      } catch {
        return [];
      }
    });
}

/** The processes in which the pages of the browser with this folder run. */
function renderersOf(folder: string): number[] {
  const all = processes();
  const byId = new Map(all.map((one) => [one.id, one]));
  const isOurs = (one: Process | undefined): boolean =>
    one !== undefined && (one.command.includes(`--user-data-dir=${folder}`) || isOurs(byId.get(one.parent)));
  return all.filter((one) => one.command.includes('--type=renderer') && isOurs(one)).map(({ id }) => id);
}

test.skipIf(process.platform !== 'linux')(
  'a tab that is frozen is dropped, and goes on when it thaws: what was written meanwhile arrives (fault 14)',
  async ({ stage }) => {
    const server = await stage.server();
    const ann = await newcomer(stage, server.url);
    await start(ann, 'Ann');
    const folder = await stage.folder();
    const bob = await (await stage.browser(folder)).newPage();
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await expectConnection(ann, 'Connected directly');
    await expectConnection(bob, 'Connected directly');

    const pages = renderersOf(folder);
    const thaw = () => pages.splice(0).forEach((id) => process.kill(id, 'SIGCONT'));
    onTestFinished(thaw);
    pages.forEach((id) => process.kill(id, 'SIGSTOP'));
    await send(ann, 'While you slept.');
    const status = ann.getByRole('status', { name: 'Connection', exact: true });
    await status.filter({ hasText: 'Connecting' }).waitFor({ timeout: PATIENCE });
    await expectState(ann, 'While you slept.', 'Waiting');
    await ann.waitForTimeout(STAYS);
    thaw();
    await expectState(ann, 'While you slept.', 'Delivered', PATIENCE);
    await expectMessage(bob, 'While you slept.');
    await expectConnection(ann, 'Connected directly');
    await judge(ann, bob, [['While you slept.'], []]);
  },
  times(90_000, 240_000),
);
