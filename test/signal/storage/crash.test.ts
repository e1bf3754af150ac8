/** A server that is killed in the midst of its work loses nothing that it has acknowledged. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { times } from '../../parts/long.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, person, temporaryFolder, type Identity } from '../client.ts';
import { installServer } from '../installed.ts';
import { collectAll, deposit, listSenders } from './stage.ts';

const ROUNDS = times(20, 500);
const SENDERS = ['bob', 'cat', 'dan', 'eve'];
/** Commits of a round before its last, at most. */
const MOST_COMMITS = 12;

/** Loaded before the server: kills it with SIGKILL just before or just after one of the commits to its storage. */
const KILLER = `
import Database from 'better-sqlite3';
const [when, number] = process.env.KILL.split(':');
const { transaction } = Database.prototype;
let left = Number(number);
Database.prototype.transaction = function (work) {
  const commit = transaction.call(this, work);
  return (...args) => {
    const last = this.name.endsWith('storage.sqlite') && --left === 0;
    if (last && when === 'before') process.kill(process.pid, 'SIGKILL');
    const result = commit(...args);
    if (last) process.kill(process.pid, 'SIGKILL');
    return result;
  };
};
`;

let installed: string;
beforeAll(async () => {
  installed = await installServer();
  writeFileSync(join(installed, 'killer.mjs'), KILLER);
}, 60_000);
afterAll(() => rmSync(installed, { recursive: true, force: true }));

/** Runs the server. @param kill `before:3`, say; without it, it lives. */
async function run(
  dataDir: string,
  kill?: string,
): Promise<{ origin: string; ended: Promise<unknown>; end: () => void }> {
  const preload = kill === undefined ? [] : ['--import', join(installed, 'killer.mjs')];
  const program = spawn(process.execPath, [...preload, join(installed, 'dist/signal/main.js')], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', KILL: kill },
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  const ended = once(program, 'exit');
  const said = await Promise.race([once(program.stdout, 'data'), ended.then(() => ['it ended'])]);
  const origin = /Sotto is ready: (\S+)/.exec(String(said[0]))?.[1];
  if (origin === undefined) throw new Error(`The server did not start: ${String(said[0])}`);
  return { origin, ended, end: () => void program.kill('SIGKILL') };
}

/** Somebody who leaves parcels, and again those that were not acknowledged, as an app does. */
class Sender {
  readonly identity: Identity;
  readonly acknowledged: string[] = [];
  unacknowledged: Bytes[] = [];

  constructor(identity: Identity) {
    this.identity = identity;
  }

  /** Leaves parcels, one after the other, until the server is gone. */
  async work(origin: string, to: Identity): Promise<void> {
    const client = await Client.enter(origin, this.identity).catch(() => undefined);
    for (; client;) {
      this.unacknowledged.push(...(this.unacknowledged.length === 0 ? [randomBytes(500)] : []));
      const answer = await deposit(client, to, this.unacknowledged[0]!).catch(() => 'gone');
      if (answer === 'gone') return;
      expect(answer).toBe('done');
      this.acknowledged.push(toHex(this.unacknowledged.shift()!));
    }
  }
}

/** What lies in the storage, by its owner's numbers. */
function stored(dataDir: string): string[] {
  const database = new Database(join(dataDir, 'storage.sqlite'));
  const rows = database.prepare<[], { parcel: Buffer }>('SELECT parcel FROM parcels ORDER BY number').all();
  database.close();
  return rows.map(({ parcel }) => parcel.toString('hex'));
}

test(
  `killed ${ROUNDS} times around its commits, it keeps every acknowledged parcel, once and in its sender's order (fault 8)`,
  async () => {
    const dataDir = temporaryFolder();
    const ann = await person('ann');
    const senders = (await Promise.all(SENDERS.map(person))).map((identity) => new Sender(identity));
    const first = await run(dataDir);
    await listSenders(await Client.enter(first.origin, ann), ...senders.map(({ identity }) => identity));
    first.end();
    await first.ended;

    let inBetween = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const kill = `${round % 2 ? 'before' : 'after'}:${2 + Math.floor(Math.random() * MOST_COMMITS)}`;
      const { origin, ended } = await run(dataDir, kill);
      await Promise.all([ended, ...senders.map((sender) => sender.work(origin, ann))]);
      const lying = new Set(stored(dataDir));
      for (const { acknowledged, unacknowledged } of senders) {
        expect(acknowledged.filter((parcel) => !lying.has(parcel))).toEqual([]);
        inBetween += unacknowledged.filter((parcel) => lying.has(toHex(parcel))).length;
      }
    }
    // Some were committed and never acknowledged: those that were left again, and must not be there twice.
    expect(inBetween).toBeGreaterThan(0);

    const { origin, end } = await run(dataDir);
    for (const sender of senders) {
      const client = await Client.enter(origin, sender.identity);
      for (const parcel of sender.unacknowledged) {
        expect(await deposit(client, ann, parcel)).toBe('done');
        sender.acknowledged.push(toHex(parcel));
      }
    }
    const collected = await collectAll(await Client.enter(origin, ann));
    for (const { identity, acknowledged } of senders) {
      const theirs = collected.filter(({ from }) => toHex(from) === identity.hex);
      expect(theirs.map(({ parcel }) => toHex(parcel))).toEqual(acknowledged);
    }
    end();
  },
  60_000 + ROUNDS * 5_000,
);
