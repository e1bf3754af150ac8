/** A profile's records in a file: the Store port's contract, and what a disk has to do with. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fromUtf8, utf8 } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../../../app/core/base/errors.ts';
import { eraseSqliteStore, finishErasing, InUse, openSqliteStore } from '../../../app/platform/node/sqlite-store.ts';
import { noSmallDisk, SmallDisk } from '../../browser/small-disk.ts';
import { storeContract, type OpenStore } from '../../contracts/store.ts';
import { temporaryFolder } from '../../signal/client.ts';
import { compile } from './program.ts';

const KILLS = process.env['SOTTO_LONG'] === '1' ? 300 : 10;
/** Each kill is a process that starts. */
const PATIENCE = { timeout: 60_000 + KILLS * 2_000 };

function sqliteStores(): OpenStore {
  const folder = temporaryFolder();
  return async (name) => openSqliteStore(join(folder, name));
}

describe('a store in SQLite', () => {
  for (const { promise, holds } of storeContract) it(promise, () => holds(sqliteStores()));
});

const path = () => join(temporaryFolder(), 'records');
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

it('lets nobody else read its files, whatever is usual on the machine', async () => {
  const usual = process.umask(0);
  onTestFinished(() => void process.umask(usual));
  const folder = temporaryFolder();
  const file = join(folder, 'records');
  writeFileSync(file, '', { mode: 0o644 });
  const store = openSqliteStore(file);
  await store.write(new Map([['a', utf8('a')]]));
  const files = readdirSync(folder);
  expect(files).toContain('records-wal');
  expect(files.map((name) => [name, modeOf(join(folder, name))])).toEqual(files.map((name) => [name, '600']));
  store.close();
});

it('is open once', () => {
  const file = path();
  const store = openSqliteStore(file);
  expect(() => openSqliteStore(file)).toThrow(InUse);
  store.close();
  openSqliteStore(file).close();
});

it(
  'is free for others as soon as the process that has it is killed, with all that it was told is done (fault 10)',
  PATIENCE,
  async () => {
    const program = await compile('test/platform/node/writer.ts');
    onTestFinished(program.remove);
    const file = path();
    let done = -1;
    for (let round = 0; round < KILLS; round++) {
      const from = done + 1;
      const writer = spawn(process.execPath, [program.file, file, String(from)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void writer.kill('SIGKILL'));
      const ended = once(writer, 'exit');
      const last = from + 1 + Math.floor(Math.random() * 200);
      for await (const line of createInterface(writer.stdout)) {
        done = Number(line);
        if (round === 0 && done === from) expect(() => openSqliteStore(file)).toThrow(InUse);
        if (done === last) writer.kill('SIGKILL');
      }
      expect((await ended)[1]).toBe('SIGKILL');

      const store = openSqliteStore(file);
      const all = async (prefix: string) => new Map(await store.list(prefix, Number.MAX_SAFE_INTEGER));
      const [one, other, gone] = [await all('one/'), await all('other/'), await all('gone/')];
      // What nobody was told of may be there, too: all of it.
      const count = one.size;
      expect(count).toBeGreaterThanOrEqual(done + 1);
      expect(count).toBeLessThanOrEqual(done + 2);
      for (let number = 0; number < count; number++) {
        const value = fromUtf8(one.get(`one/${number}`)!);
        expect(value).toBe(`${number} `.repeat(1 + (number % 700)));
        expect(fromUtf8(other.get(`other/${number}`)!)).toBe(value);
      }
      expect(other.size).toBe(count);
      expect([...gone.keys()]).toEqual([`gone/${count - 1}`]);
      store.close();
      done = count - 1;
    }
  },
);

it('keeps nothing readable of what was removed or replaced, once it is closed', async () => {
  const folder = temporaryFolder();
  const store = openSqliteStore(join(folder, 'records'));
  const secrets = ['a short one that is removed', 'one that is replaced', 'a long one that is removed '.repeat(1000)];
  for (const [index, secret] of secrets.entries()) await store.write(new Map([[`${index}`, utf8(secret)]]));
  await store.write(new Map([['kept', utf8('what is kept')]]));
  await store.write(new Map([['0', undefined], ['1', utf8('short')], ['2', undefined]])); // prettier-ignore
  store.close();
  const left = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1')).join(); // prettier-ignore
  expect(left).toContain('what is kept');
  for (const secret of secrets) expect(left).not.toContain(secret.slice(0, 20));
});

it('is overwritten before it is erased', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'records');
  const store = openSqliteStore(file);
  await store.write(new Map([['a', utf8('a secret '.repeat(20_000))]]));
  store.close();
  // What the disk has of the file, as long as somebody has it open.
  const remains = openSync(file, 'r');
  onTestFinished(() => closeSync(remains));
  eraseSqliteStore(file);
  expect(readdirSync(folder)).toEqual([]);
  const bytes = readFileSync(remains);
  expect(bytes.length).toBeGreaterThan(100_000);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  eraseSqliteStore(file);
});

it('is erased in the end where that was broken off, and nothing that a link leads to', () => {
  const [folder, elsewhere] = [temporaryFolder(), join(temporaryFolder(), 'elsewhere')];
  const file = join(folder, 'records');
  writeFileSync(elsewhere, 'precious');
  writeFileSync(`${file}.erased`, 'half of a store');
  symlinkSync(elsewhere, `${file}-wal`);
  linkSync(elsewhere, `${file}-shm`);
  finishErasing(file);
  expect(readdirSync(folder)).toEqual(['records-shm', 'records-wal']);
  eraseSqliteStore(file);
  expect(readdirSync(folder)).toEqual([]);
  expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
});

it('is nothing that has another name, or is somebody else’s, and such a file is left as it is', () => {
  const [folder, elsewhere] = [temporaryFolder(), join(temporaryFolder(), 'elsewhere')];
  writeFileSync(elsewhere, '', { mode: 0o644 });
  const [linked, named, theirs] = ['linked', 'named', 'theirs'].map((name) => join(folder, name)) as [string, string, string]; // prettier-ignore
  symlinkSync(elsewhere, linked);
  expect(() => openSqliteStore(linked)).toThrow('The file of this profile is a link');
  linkSync(elsewhere, named);
  expect(() => openSqliteStore(named)).toThrow('has a second name');
  expect([modeOf(elsewhere), statSync(elsewhere).size]).toEqual(['644', 0]);
  if (process.getuid?.() !== 0) return;
  writeFileSync(theirs, '');
  chownSync(theirs, 65534, 65534);
  expect(() => openSqliteStore(theirs)).toThrow('somebody else');
  expect(statSync(theirs).size).toBe(0);
});

it('is left as it is if it is something else, or of a later version', () => {
  const file = path();
  writeFileSync(file, 'This is no database, but a letter that somebody wrote. '.repeat(100));
  expect(() => openSqliteStore(file)).toThrow(DamagedRecord);
  expect(readFileSync(file, 'utf8')).toMatch(/^This is no database/);

  const later = path();
  openSqliteStore(later).close();
  const database = new Database(later);
  database.pragma('user_version = 2');
  database.close();
  expect(() => openSqliteStore(later)).toThrow('newer Sotto');
});

it('says where the disk is full, keeps what it had, and goes on when there is room (fault 11)', async () => {
  if (noSmallDisk) return console.log(noSmallDisk);
  const disk = new SmallDisk(temporaryFolder(), 2);
  onTestFinished(() => disk.close());
  const store = openSqliteStore(join(disk.folder, 'records'));
  onTestFinished(() => store.close());
  await store.write(new Map([['kept', utf8('kept')]]));
  disk.fill();
  const much = new Map([
    ['kept', utf8('lost')],
    ['more', new Uint8Array(500_000)],
  ]);
  await expect(store.write(much)).rejects.toMatchObject({ name: 'StorageError', reason: 'full' });
  expect(fromUtf8((await store.get('kept'))!)).toBe('kept');
  expect(await store.get('more')).toBeUndefined();
  disk.clear();
  await store.write(much);
  expect((await store.get('more'))?.length).toBe(500_000);
});

it('says that it is closed to whoever comes late', async () => {
  const store = openSqliteStore(path());
  store.close();
  store.close();
  await expect(store.get('a')).rejects.toMatchObject({ name: 'StorageError', reason: 'failed' });
  await expect(store.write(new Map([['a', utf8('a')]]))).rejects.toMatchObject({ reason: 'failed' });
});
