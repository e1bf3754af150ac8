/** A disk that is full: what does not fit is an error, never an acknowledgement; what was acknowledged stays. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../signal/config.ts';
import { isDiskTrouble, openStorageDatabase } from '../../../signal/storage/database.ts';
import { Mailbox } from '../../../signal/storage/mailbox.ts';
import { toBase64Url, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, random32, startServer, temporaryFolder, type Identity } from '../client.ts';
import { collectAll, deposit, listSenders, makeBundle, stage } from './stage.ts';

/** A disk of this size, which ends with the test. @returns undefined, saying why, where none can be made. */
function smallDisk(mebibytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  onTestFinished(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status === 0) return folder;
  console.log(`Left out: a real disk that is full. It cannot be made here: ${String(mounted.error ?? mounted.stderr)}`);
  return undefined;
}

test('a parcel, a bundle and a chunk that the disk has no room for are refused, and all acknowledged ones stay (fault 9)', async () => {
  const disk = smallDisk(3);
  if (disk === undefined) return;
  const env = { DATA_DIR: join(disk, 'data') };
  const { server, origin, people, clients } = await stage(['ann', 'bob'], env);
  const [ann, bob] = people as [Identity, Identity];
  const [anns, bobs] = clients as [Client, Client];
  await listSenders(anns, bob);
  const token = random32();
  expect(await anns.request({ type: 'backup', id: await sha256(token) })).toBe('done');
  const put = async (body: Bytes) => {
    const headers = { authorization: `Backup ${toBase64Url(token)}` };
    return (await fetch(`${origin}/backups/manifest`, { method: 'PUT', headers, body })).status;
  };

  // Something else fills the disk, and leaves a little.
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, new Uint8Array(1.5 * 1024 * 1024));
  const acknowledged: string[] = [];
  let answer: unknown;
  for (let i = 0; i < 500 && answer !== 'failed'; i++) {
    const parcel = randomBytes(10_000);
    answer = await deposit(bobs, ann, parcel);
    if (answer === 'done') acknowledged.push(toHex(parcel));
  }
  expect(answer).toBe('failed');
  expect(acknowledged.length).toBeGreaterThan(10);
  expect(await anns.request({ type: 'publish', ...(await makeBundle(ann, {}, 50)) })).toBe('failed');
  expect(await put(randomBytes(1024 * 1024))).toBe(507);
  // Nobody is sent away for it.
  const stillThere = async (client: Client) => (await collectAll(client)).map(({ parcel }) => toHex(parcel));
  expect(await stillThere(anns)).toEqual(acknowledged);

  rmSync(ballast);
  const parcel = randomBytes(10_000);
  expect(await deposit(bobs, ann, parcel)).toBe('done');
  expect(await put(randomBytes(1000))).toBe(204);
  for (const client of clients) client.socket.close();
  await server.close();
  const again = await startServer({ ...env, PORT: String(server.port) });
  const after = await Client.enter(again.origin, ann);
  expect(await stillThere(after)).toEqual([...acknowledged, toHex(parcel)]);
});

test('parcels that a database has no more pages for are not acknowledged, and those before them stay (fault 9)', async () => {
  const database = openStorageDatabase(temporaryFolder());
  onTestFinished(() => void database.close());
  database.pragma('max_page_count = 100');
  const mailbox = new Mailbox(database, readConfig({}).storage!, Date.now);
  const [owner, sender] = [random32(), random32()];
  const leave = (parcel: Bytes) => mailbox.deposit({ owner, sender, invite: undefined, parcel });
  const parcels = Array.from({ length: 60 }, () => randomBytes(10_000));
  // All at once: the ones that fit are not lost to the ones that do not.
  const outcomes = await Promise.allSettled(parcels.map(leave));
  const stored = parcels.filter((_, index) => outcomes[index]!.status === 'fulfilled');
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  expect(stored.length).toBeGreaterThan(10);
  expect(failed.length).toBeGreaterThan(10);
  expect(failed.every(isDiskTrouble)).toBe(true);
  const kept: Bytes[] = [];
  for (let after = 0, more = true; more; after = kept.length) {
    const page = mailbox.collect(owner, after);
    kept.push(...page.parcels.map(({ parcel }) => parcel));
    more = page.more;
  }
  expect(kept).toEqual(stored);
  // What is taken makes room again.
  mailbox.remove(owner, [1, 2, 3]);
  expect(await leave(randomBytes(10_000))).toBe('stored');
});
