/** What goes wrong at a terminal: one sentence, the right number, and nothing lost. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { MAX_LINE_BYTES } from '../../app/cli/json.ts';
import { startServer, temporaryFolder } from '../signal/client.ts';
import { Person } from './people.ts';
import { compileClient, Program, type Ended } from './program.ts';

// Each makes keys of its own, and many processes start.
vi.setConfig({ testTimeout: 60_000 });

const PASSPHRASE = 'correct horse battery';

let client: Awaited<ReturnType<typeof compileClient>>;
beforeAll(async () => {
  client = await compileClient();
});
afterAll(() => client.remove());

/** Runs the client on a folder that has nothing yet. */
function run(...args: string[]): Promise<Ended> {
  return new Program(client.file, ['--data', join(temporaryFolder(), 'none'), ...args]).end();
}

/** Expects a number and one sentence, which holds none of these secrets. */
function expectEnd({ code, out, err }: Ended, number: number, sentence: RegExp, ...secrets: string[]): void {
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toMatch(sentence);
  expect({ code, out }).toEqual({ code: number, out: '' });
  for (const secret of secrets) expect(err).not.toContain(secret);
}

test.each([
  [/^Say what to do/, []],
  [/^There is no such command/, ['https://chat.example/#/join/c2VjcmV0']],
  [/^There is no option --passphrase\./, ['list', '--passphrase=c2VjcmV0']],
  [/^There is no option --passphrase\./, ['list', '--passphrase', 'c2VjcmV0']],
  [/^There is more/, ['join', 'one', 'https://chat.example/#/join/c2VjcmV0']],
  [/^Something is missing/, ['verify']],
  [/^The option --wait wants/, ['list', '--wait', 'c2VjcmV0']],
  [/^--json is for/, ['log', 'Bob', '--json']],
  [/^This is not an invite link/, ['join', 'c2VjcmV0']],
  [/^This invite was made by a newer version/, ['join', 'https://chat.example/#/join/c2VjcmV0']],
  [/^This invite link is damaged/, ['join', 'https://chat.example/#/join/AWc2VjcmV0']],
  [/^The address of a server/, ['invite', '--name', 'Ada', '--server', 'chat.example/c2VjcmV0']],
  [/^Say what people should call you/, ['invite']],
  [/^There is no profile/, ['list']],
  [/^The file or descriptor of the passphrase/, ['invite', '--name', 'Ada', '--passphrase-file', '/c2VjcmV0']],
])('a command line that cannot be meant: %s', async (sentence, args) => {
  expectEnd(await run(...args), 2, sentence, 'c2VjcmV0');
});

test('help and version are no faults', async () => {
  const help = await run('--help');
  expect(help).toMatchObject({ code: 0, err: '' });
  for (const what of ['invite', 'join', '--passphrase-file', 'SOTTO_TOKEN']) expect(help.out).toContain(what);
  expect(await run('--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
});

test('a server that is not there', async () => {
  const { origin, close } = await startServer();
  const ada = new Person(client.file, 'Ada', origin);
  const { program, link } = await ada.invites();
  await program.end();
  await close();
  expectEnd(await run('invite', '--name', 'Ada', '--server', origin), 4, /cannot be reached/);
  expectEnd(await run('join', link, '--name', 'Bob'), 4, /cannot be reached/, link.split('#')[1]!);
  // Whoever talks goes on, and hears of it once.
  const alone = ada.start(['open', '--json']);
  expect(await alone.event(({ event }) => event === 'error')).toMatchObject({ code: 'unreachable' });
  expect(await alone.end()).toMatchObject({ code: 0, err: '' });
});

test.each(['\u001b]0;PWNED\u0007\u001b[2J', 'https://chat.example\u202e', 'https://chat.example/join'])(
  'a server that says it answers at %j',
  async (address) => {
    const health = JSON.stringify({ status: 'ok', version: '1', access: 'open', origins: [address] });
    const liar = createServer((_request, response) => response.end(health)).listen(0, '127.0.0.1');
    onTestFinished(() => void liar.close());
    await once(liar, 'listening');
    const origin = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    expectEnd(await run('invite', '--name', 'Ada', '--server', origin), 4, /^[\x20-\x7e]+\n$/, address);
  },
);

test('output that cannot be written', async () => {
  const command = `"${process.execPath}" "${client.file}" --help > /dev/full`;
  const [code, err] = await new Promise<[unknown, string]>((done) => {
    execFile('sh', ['-c', command], (error, _out, said) => done([error?.code, said]));
  });
  expect([code, err]).toEqual([1, expect.stringMatching(/^What should stand on standard output cannot be written\./)]);
});

test('a signal while a message waits', async () => {
  const { origin } = await startServer();
  const ada = new Person(client.file, 'Ada', origin);
  const { program, link } = await ada.invites();
  const bob = await new Person(client.file, 'Bob', origin).joins(link);
  await program.event(({ event }) => event === 'connected');
  await bob.end();
  await program.end();
  const waiting = ada.start(['open', '--json', '--wait', '60']);
  waiting.order({ send: 'waits', to: 'Bob' });
  await waiting.event(({ event }) => event === 'state');
  waiting.kill('SIGTERM');
  const { code, err } = await waiting.ended();
  expect(err).toMatch(/^One message waits here\./);
  expect(code).toBe(4);
});

test('a wrong token, and none', async () => {
  const { origin } = await startServer({ ACCESS_TOKEN: 'the-token-of-this-server-32-long' });
  const to = ['invite', '--json', '--name', 'Ada', '--server', origin];
  const folder = ['--data', temporaryFolder()];
  const refused = new Program(client.file, [...folder, ...to], { SOTTO_TOKEN: 'c2VjcmV0' });
  const wrong = await refused.end();
  expect(wrong.code).toBe(3);
  expect(wrong.err).toMatch(/^The server did not accept this access token\.[^\n]*\n$/);
  expect(wrong.out).not.toContain('c2VjcmV0');
  expect(refused.events).toMatchObject([{ event: 'ready' }, { event: 'error', code: 'refused' }]);
  const none = await new Program(client.file, [...folder, ...to]).end();
  expect(none.code).toBe(3);
  expect(none.err).toMatch(/^This server is private\.[^\n]*\n$/);
  const right = new Program(client.file, [...folder, ...to], { SOTTO_TOKEN: 'the-token-of-this-server-32-long' });
  await right.event(({ event }) => event === 'invite');
});

test('an invite that was used, or is one’s own', async () => {
  const { origin } = await startServer();
  const [ada, bob] = [new Person(client.file, 'Ada', origin), new Person(client.file, 'Bob', origin)];
  const { program, link } = await ada.invites();
  await (await bob.joins(link)).end();
  const carol = join(temporaryFolder(), 'carol');
  const used = await new Program(client.file, ['--data', carol, 'join', link, '--name', 'Carol']).end();
  expectEnd(used, 3, /^This invite has been used\./, link.split('#')[1]!);
  expectEnd(await new Program(client.file, ['--data', carol, 'list']).end(), 2, /^There is no profile/);
  await program.end();
  expectEnd(await ada.run(['join', link]), 3, /^This is your own invite\./, link.split('#')[1]!);
  // Whoever used it is in contact already.
  const back = ada.start(['open', '--json']);
  await back.event(({ event }) => event === 'ready');
  expect(await bob.run(['join', link], 'Me again.\n')).toEqual({ code: 0, out: '', err: '' });
  expect((await back.event(({ event }) => event === 'message'))['text']).toBe('Me again.');
});

test('a folder that another process has', async () => {
  const { origin } = await startServer();
  const ada = new Person(client.file, 'Ada', origin);
  const { program } = await ada.invites();
  expectEnd(await ada.run(['list']), 3, /in use/);
  await program.end();
  expect(await ada.run(['list'])).toMatchObject({ code: 0 });
});

test('a wrong passphrase, and none', async () => {
  const { origin } = await startServer();
  const ada = new Person(client.file, 'Ada', origin);
  const secrets = temporaryFolder();
  const [right, wrong] = [join(secrets, 'right'), join(secrets, 'wrong')];
  writeFileSync(right, `${PASSPHRASE}\nand what else stands there\n`);
  writeFileSync(wrong, 'another horse battery\n');
  const { program } = await ada.invites('--passphrase-file', right);
  await program.end();
  expectEnd(await ada.run(['keys']), 2, /^This profile is protected\./);
  expectEnd(
    await ada.run(['keys', '--passphrase-file', wrong]),
    3,
    /^That is not the passphrase/,
    'another horse battery',
  );
  expect(await ada.run(['keys', '--passphrase-file', right])).toMatchObject({ code: 0, err: '' });
  // As a shell does for `3<right`.
  const args = JSON.stringify([client.file, '--data', ada.folder, 'keys', '--passphrase-fd', '3']);
  const stdio = `[0, 1, 2, require('fs').openSync(${JSON.stringify(right)})]`;
  const shell = new Program('-e', [
    `process.exit(require('child_process').spawnSync(process.execPath, ${args}, { stdio: ${stdio} }).status)`,
  ]);
  expect(await shell.end()).toMatchObject({ code: 0, err: '' });
});

test('lines that are no orders are answered, and the others are carried out', async () => {
  const { origin } = await startServer();
  const [ada, bob] = [new Person(client.file, 'Ada', origin), new Person(client.file, 'Bob', origin)];
  const { program: adas, link } = await ada.invites();
  const bobs = await bob.joins(link);
  const bad = [
    'hello',
    '{"send": "cut',
    '[]',
    'null',
    '{"send": "to nobody"}',
    '{"send": 5, "to": "Bob"}',
    '{"send": "", "to": "Bob"}',
    '{"send": "more", "to": "Bob", "also": 1}',
    '{"send": "proto", "to": "Bob", "__proto__": {}}',
    `{"send": "a long ref", "to": "Bob", "ref": "${'r'.repeat(257)}"}`,
    `{"send": "${'x'.repeat(MAX_LINE_BYTES)}", "to": "Bob"}`,
  ];
  for (const line of bad) adas.write(`${line}\n`);
  adas.write(Buffer.from([0xff, 0xfe, 0x0a]));
  adas.order({ send: 'Hi', to: 'Carol', ref: 'nobody' });
  adas.order({ send: 'x'.repeat(40_000), to: 'Bob', ref: 'long' });
  adas.write('{"send": "after it all", "to": "Bob", "ref": "last"}');
  const ended = await adas.end('\n');
  const errors = adas.events.filter(({ event }) => event === 'error');
  expect(errors.filter(({ code }) => code === 'line')).toHaveLength(bad.length + 1);
  const others = errors.filter(({ code }) => code !== 'line');
  expect(others).toMatchObject([
    { code: 'to', ref: 'nobody' },
    { code: 'send', ref: 'long' },
  ]);
  expect(others[1]?.['text']).toContain('too long for one message');
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect((await bobs.event(({ event }) => event === 'message'))['text']).toBe('after it all');
  expect(bobs.events.filter(({ event }) => event === 'message')).toHaveLength(1);
});
