import { expect, onTestFinished, test } from 'vitest';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { toBase64Url } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { CARD_RETENTION } from '../../../signal/wire/limits.ts';
import { eraser } from '../../../signal/storage/eraser.ts';
import { nextBeat } from '../beat.ts';
import { Client, DAY, random32, temporaryFolder, type Identity } from '../client.ts';
import { deposit, listSenders, makeBundle, stage } from './stage.ts';

const TABLES = ['parcels', 'inboxes', 'shares', 'senders', 'bundles', 'one_time_keys', 'backups', 'chunks'];

/** How many rows each table of the storage has. */
function rows(dataDir: string): number[] {
  const database = new Database(join(dataDir, 'storage.sqlite'), { readonly: true });
  const count = (table: string) => database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n;
  const counts = TABLES.map(count);
  database.close();
  return counts;
}

/** Bob has left a parcel for Ann, who has all that one may have on a server; Bob has a list of senders. */
async function full() {
  const DATA_DIR = temporaryFolder();
  const staged = await stage(['ann', 'bob'], { DATA_DIR }, { timing: { pingInterval: 100 } });
  const [ann, bob] = staged.people as [Identity, Identity];
  const [anns, bobs] = staged.clients as [Client, Client];
  await listSenders(anns, bob);
  await listSenders(bobs, ann);
  await anns.request({ type: 'publish', ...(await makeBundle(ann, {}, 2)) });
  await deposit(bobs, ann, random32());
  const token = random32();
  await anns.request({ type: 'backup', id: await sha256(token) });
  const headers = { authorization: `Backup ${toBase64Url(token)}` };
  const status = async (method: string, body?: Uint8Array<ArrayBuffer>) =>
    (await fetch(`${staged.origin}/backups/manifest`, { method, headers, ...(body && { body }) })).status;
  expect(await status('PUT', random32())).toBe(204);
  expect(rows(DATA_DIR)).toEqual([1, 1, 1, 2, 1, 2, 1, 1]);
  return { ...staged, DATA_DIR, ann, bob, anns, bobs, status };
}

test('what is kept for somebody goes together with their card, and that of others stays', async () => {
  const { DATA_DIR, clock, ann, bob, anns, bobs, origin, status } = await full();
  for (const client of [anns, bobs]) client.socket.close();
  const began = clock.now;
  clock.now = began + CARD_RETENTION - 1;
  const card = await bob.newCard({ sequence: clock.now, from: began, until: clock.now + DAY });
  const late = await Client.enter(origin, bob, { card });
  await nextBeat(late);
  expect(await status('GET')).toBe(200);
  expect(await deposit(late, ann, random32())).toBe('done');
  clock.now += 1;
  await nextBeat(late);
  expect(await status('GET')).toBe(401);
  expect(await deposit(late, ann, random32())).toBe('not-allowed');
  expect(rows(DATA_DIR)).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
});

test('forgetting somebody leaves nothing of theirs, and all that is others’', async () => {
  const { DATA_DIR, ann, bob } = await full();
  const database = new Database(join(DATA_DIR, 'storage.sqlite'));
  onTestFinished(() => void database.close());
  const erase = eraser(database);
  erase([random32()]);
  expect(rows(DATA_DIR)).toEqual([1, 1, 1, 2, 1, 2, 1, 1]);
  erase([ann.fingerprint]);
  expect(rows(DATA_DIR)).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
  erase([ann.fingerprint, bob.fingerprint]);
  expect(rows(DATA_DIR)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});
