/**
 * What a device notes of its backups: which was the last, and what is in its place, so that the next one goes on there.
 *
 *     under way  version u8 = 1 | chunk, as in the manifest        at `backup/up/` name: put, and in no manifest yet
 *     newest     the contents of the manifest                      at `backup/manifest`
 *     made       version u8 = 1 | counter u64 | date u64           at `backup/made`: of the last backup, wherever it is
 */
import { ByteReader, concat, toBase64Url, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import type { Store } from '../base/store.ts';
import {
  decodeManifest,
  encodeChunkEntry,
  encodeManifest,
  MAX_CHUNKS,
  readChunkEntry,
  type ChunkEntry,
  type Manifest,
} from './manifest.ts';
import { BACKUP_PREFIX } from './records.ts';

const VERSION = 1;
const NEWEST_PLACE = `${BACKUP_PREFIX}manifest`;
const MADE_PLACE = `${BACKUP_PREFIX}made`;
const UNDER_WAY_PREFIX = `${BACKUP_PREFIX}up/`;

/** Which backup it is, and when it was made (unix ms). */
export type BackupMade = Pick<Manifest, 'counter' | 'date'>;

/** The last backup of the profile, wherever it is. @throws DamagedRecord */
export async function lastMade(store: Store): Promise<BackupMade | undefined> {
  const record = await store.get(MADE_PLACE);
  if (!record) return undefined;
  const reader = new ByteReader(record);
  const [version, counter, date] = [reader.u8(), reader.u64(), reader.u64()];
  if (!reader.done() || version !== VERSION) throw new DamagedRecord();
  return { counter, date };
}

/** What a device keeps of a backup: that it was made, and what is in its place if it goes on there. */
export function notesOf(manifest: Manifest, keepsPlace: boolean): Map<string, Bytes> {
  const notes = new Map([[MADE_PLACE, concat(u8(VERSION), u64(manifest.counter), u64(manifest.date))]]);
  if (keepsPlace) notes.set(NEWEST_PLACE, encodeManifest(manifest));
  return notes;
}

/** What is in the place that the next backup goes on in. @throws DamagedRecord */
export async function newestManifest(store: Store): Promise<Manifest | undefined> {
  const record = await store.get(NEWEST_PLACE);
  const manifest = record && decodeManifest(record);
  if (record && !manifest) throw new DamagedRecord();
  return manifest;
}

/** Chunks that have been put, and are in no manifest yet. @throws DamagedRecord */
export async function chunksUnderWay(store: Store): Promise<ChunkEntry[]> {
  const records = await store.list(UNDER_WAY_PREFIX, MAX_CHUNKS);
  return records.map(([, record]) => {
    const reader = new ByteReader(record);
    const chunk = reader.u8() === VERSION ? readChunkEntry(reader) : undefined;
    if (!chunk || !reader.done()) throw new DamagedRecord();
    return chunk;
  });
}

export async function rememberUnderWay(store: Store, chunk: ChunkEntry): Promise<void> {
  await store.write(new Map([[underWayPlace(chunk), concat(u8(VERSION), encodeChunkEntry(chunk))]]));
}

/** What is to be forgotten once a manifest names what was under way. */
export async function forgetUnderWay(store: Store): Promise<Map<string, undefined>> {
  return new Map((await chunksUnderWay(store)).map((chunk) => [underWayPlace(chunk), undefined]));
}

/** What is to be forgotten where a backup begins anew elsewhere: all that is known of the one before. */
export async function forgetBackup(store: Store): Promise<Map<string, undefined>> {
  return (await forgetUnderWay(store)).set(NEWEST_PLACE, undefined);
}

function underWayPlace({ name }: ChunkEntry): string {
  return UNDER_WAY_PREFIX + toBase64Url(name);
}
