/** The command itself, compiled and run as people run it. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { Client, makeTicket, person, signAcceptance, startServer, temporaryFolder, DAY } from './client.ts';
import { installServer } from './installed.ts';

let installed: string;

beforeAll(async () => {
  installed = await installServer();
}, 60_000);

afterAll(() => rmSync(installed, { recursive: true, force: true }));

function run(env: Record<string, string>): ChildProcessWithoutNullStreams {
  const program = spawn(process.execPath, [join(installed, 'dist/signal/main.js')], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  return program;
}

/** Runs the command until it ends by itself. */
async function runToEnd(env: Record<string, string>): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = run(env);
  let stdout = '';
  let stderr = '';
  program.stdout.on('data', (data) => (stdout += String(data)));
  program.stderr.on('data', (data) => (stderr += String(data)));
  const code = await new Promise<number | null>((done) => program.once('close', done));
  return { code, stdout, stderr };
}

/** Waits until a stream has said something. @returns all it has said. */
function waitFor(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  let said = '';
  return new Promise((done, fail) => {
    stream.on('data', (data) => pattern.test((said += String(data))) && done(said));
    stream.once('end', () => fail(new Error(`ended without ${pattern}: ${said}`)));
  });
}

test('the server says where it is, serves, and stops cleanly', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const dataDir = join(temporaryFolder(), 'new');
    const program = run({ DATA_DIR: dataDir });
    const said = await waitFor(program.stdout, /\n/);
    const origin = /^Sotto is ready: (http:\/\/localhost:\d+)\n/.exec(said)![1]!;
    expect(await (await fetch(`${origin}/health`)).json()).toMatchObject({ version: '1.2.3' });
    const client = await Client.enter(origin, await person('ann'));
    program.kill(signal);
    expect(await client.closed).toBe(CloseCode.goingAway);
    expect(await new Promise((done) => program.once('close', done))).toBe(0);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'sotto.sqlite')).mode & 0o777).toBe(0o600);
  }
});

test('a client that does not answer the goodbye delays the stop by a second, not more', async () => {
  const { origin, close } = await startServer();
  const client = await Client.enter(origin, await person('ann'));
  client.socket.pause();
  const begun = performance.now();
  await close();
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('it says how to get an app to serve, until there is one', async () => {
  const without = run({ DATA_DIR: temporaryFolder() });
  expect(await waitFor(without.stdout, /npm run build/)).toContain('There is no app to serve yet');
  mkdirSync(join(installed, 'dist/app'));
  writeFileSync(join(installed, 'dist/app/index.html'), '<title>Sotto</title>');
  const program = run({ DATA_DIR: temporaryFolder() });
  const origin = /http:\S+/.exec(await waitFor(program.stdout, /\n/))![0];
  expect(await (await fetch(origin)).text()).toBe('<title>Sotto</title>');
});

test('it says what browsers want beyond this machine', async () => {
  const program = run({ HOST: '0.0.0.0', DATA_DIR: temporaryFolder() });
  const said = await waitFor(program.stdout, /PUBLIC_URL to/);
  expect(said).toContain('Browsers encrypt only on https pages');
});

test('a wrong setting stops the start with one sentence', async () => {
  expect(await runToEnd({ PORT: 'eighty', DATA_DIR: temporaryFolder() })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'PORT must be a number from 0 to 65535, not "eighty".\n',
  });
});

test('a taken port stops the start with one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await new Promise((done) => other.once('listening', done));
  const { port } = other.address() as AddressInfo;
  expect(await runToEnd({ PORT: String(port), DATA_DIR: temporaryFolder() })).toEqual({
    code: 1,
    stdout: '',
    stderr: `PORT ${port} is taken by another program: stop it or choose another port.\n`,
  });
});

test('a host that is not ours stops the start with one sentence', async () => {
  const { code, stderr } = await runToEnd({ HOST: '192.0.2.1', DATA_DIR: temporaryFolder() });
  expect([code, stderr]).toEqual([1, 'HOST 192.0.2.1 is not an address of this machine.\n']);
});

test('a database that cannot be opened, or that a newer server wrote, stops the start with one sentence', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'sotto.sqlite');
  writeFileSync(path, 'not a database, whatever its name may say');
  const unusable = await runToEnd({ DATA_DIR: folder });
  expect([unusable.code, unusable.stderr]).toEqual([1, expect.stringMatching(/^DATA_DIR holds no usable .*\.\n$/)]);

  rmSync(path);
  const database = new Database(path);
  database.pragma('user_version = 2');
  database.close();
  const newer = await runToEnd({ DATA_DIR: folder });
  expect([newer.code, newer.stderr]).toEqual([1, expect.stringMatching(/^DATA_DIR belongs to a newer .*\.\n$/)]);
});

test('the log, however talkative, holds no token, ticket, note, payload, card or whole fingerprint', async () => {
  const ACCESS_TOKEN = 'the-token-of-the-owner';
  const program = run({ ACCESS_TOKEN, LOG_LEVEL: 'trace', DATA_DIR: temporaryFolder() });
  let log = '';
  program.stderr.on('data', (data) => (log += String(data)));
  const origin = /http:\S+/.exec(await waitFor(program.stdout, /\n/))![0];
  const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
  const { ticket, id } = await makeTicket();
  const note = Buffer.from('a note for the guest');
  const payload = Buffer.from('a payload for the peer');

  const owner = await Client.enter(origin, ann, { token: ACCESS_TOKEN });
  await owner.request({ type: 'invite', id, expiry: Date.now() + DAY, note: Uint8Array.from(note) });
  const guest = await Client.enter(origin, bob, { tickets: [ticket], token: 'a wrong token' });
  await guest.watch([ann], ticket);
  guest.signal(ann.fingerprint, Uint8Array.from(payload));
  await owner.take('signal');
  const signature = await signAcceptance(ann, id, bob.fingerprint);
  await owner.request({ type: 'accept', id, guest: bob.fingerprint, signature });
  await fetch(`${origin}/keys/${ann.hex}`, { headers: { Authorization: `Bearer ${ACCESS_TOKEN}` } });
  guest.send({ type: 'lookup', ref: -1, fingerprint: ann.fingerprint });
  expect(await guest.closed).toBe(CloseCode.badMessage);
  program.kill('SIGTERM');
  await new Promise((done) => program.once('close', done));

  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(expect.objectContaining({ code: CloseCode.badMessage, reason: 'badMessage' }));
  const secrets = [Buffer.from(ticket), Buffer.from(id), note, payload, Buffer.from(ann.card.slice(-60))];
  const people = [Buffer.from(ann.fingerprint), Buffer.from(bob.fingerprint)];
  for (const secret of [...secrets, ...people]) {
    for (const form of ['hex', 'base64url', 'utf8'] as const) expect(log).not.toContain(secret.toString(form));
  }
  expect(log).not.toContain(ACCESS_TOKEN);
  expect(log).not.toContain('a wrong token');
});
