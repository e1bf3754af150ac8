/**
 * Backing up: what the place has not got is sealed and put there, then the manifest is replaced, then what no backup holds any
 * more is removed. Whole pieces of logs never change, so that after the first time only what is new goes. What is
 * interrupted goes on from what is there already.
 */
import { equal, toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { ChatError, DamagedRecord } from '../base/errors.ts';
import type { Progress } from '../base/progress.ts';
import type { Store } from '../base/store.ts';
import { decodeLogState } from '../log/log-state.ts';
import { LOG_STATE_PREFIX, placeOf } from '../log/places.ts';
import type { Access } from './access.ts';
import { inBuckets, type Group } from './buckets.ts';
import { CHUNK_BYTES, sizeInChunk, type PlacedRecord } from './chunk.ts';
import { MAX_CHUNKS, sealManifest, type ChunkEntry, type Manifest } from './manifest.ts';
import { chunksUnderWay, forgetUnderWay, lastMade, newestManifest, notesOf, rememberUnderWay } from './notes.ts';
import { MANIFEST_NAME, type BackupPlace } from './place.ts';
import { LogGone, logRecords, looseRecords } from './records.ts';
import { Uploads } from './uploads.ts';

export interface BackupParts {
  /** The profile's records, sealed. */
  readonly store: Store;
  readonly access: Pick<Access, 'key' | 'slot'>;
  readonly place: BackupPlace;
  /** What the manifest says of the profile. */
  readonly profile: Pick<Manifest, 'isProtected' | 'fingerprint' | 'name' | 'nameKey'>;
  readonly now: () => number;
  readonly onprogress?: ((progress: Progress) => void) | undefined;
}

/**
 * Backs up to a place that this device has used before, or to an empty one.
 * @param always - makes a new manifest, also where nothing has changed.
 * @returns the new manifest; `undefined` if there was nothing to do. @throws PlaceError, ChatError
 */
export async function backUp(parts: BackupParts, always: boolean): Promise<Manifest | undefined> {
  const { store, place, access } = parts;
  const present = await place.list();
  const newest = await newestManifest(store);
  const underWay = await chunksUnderWay(store);
  const isThere = ({ name, bytes }: ChunkEntry) => present.get(toBase64Url(name)) === bytes;
  const known = [...(newest?.chunks ?? []), ...underWay].filter(isThere);
  const chunks = await putChunks(parts, known, (chunk) => rememberUnderWay(store, chunk));
  const before = new Set(newest?.chunks);
  const isSame = before.size === chunks.length && chunks.every((chunk) => before.has(chunk));
  if (newest && isSame && present.has(MANIFEST_NAME) && !always) return undefined;
  const manifest = await manifestOf(parts, chunks);
  await place.put(MANIFEST_NAME, await sealManifest(access, manifest));
  await store.write(new Map<string, Bytes | undefined>([...notesOf(manifest, true), ...(await forgetUnderWay(store))]));
  const held = new Set([MANIFEST_NAME, ...chunks.map(({ name }) => toBase64Url(name))]);
  for (const name of present.keys()) if (!held.has(name)) await place.remove(name);
  return manifest;
}

/** Backs up everything to an empty place that will not be used again, such as a file. @throws PlaceError, ChatError */
export async function backUpWhole(parts: BackupParts): Promise<Manifest> {
  const manifest = await manifestOf(parts, await putChunks(parts, [], () => Promise.resolve()));
  await parts.place.put(MANIFEST_NAME, await sealManifest(parts.access, manifest));
  await parts.store.write(notesOf(manifest, false));
  return manifest;
}

async function manifestOf({ store, profile, now }: BackupParts, chunks: readonly ChunkEntry[]): Promise<Manifest> {
  return { ...profile, counter: ((await lastMade(store))?.counter ?? 0) + 1, date: now(), chunks };
}

/** The newest records of a log and its state, which change together; or any other record. */
interface LooseGroup extends Group {
  readonly records: () => Promise<PlacedRecord[]>;
  /** The pieces of the log that come before. */
  readonly chunks: readonly ChunkEntry[];
}

/**
 * Puts what is not there yet. @param known - chunks that are there. @param remember - notes one that has been put.
 * @returns all that the backup consists of
 */
async function putChunks(
  parts: BackupParts,
  known: readonly ChunkEntry[],
  remember: (chunk: ChunkEntry) => Promise<void>,
): Promise<ChunkEntry[]> {
  const { store, onprogress } = parts;
  const uploads = new Uploads({ ...parts, remember }, known);
  const loose: PlacedRecord[] = [];
  for await (const record of looseRecords(store)) loose.push(record);
  const logs = loose.flatMap(([place, value]) => {
    const state = place.startsWith(LOG_STATE_PREFIX) ? decodeLogState(value) : undefined;
    if (place.startsWith(LOG_STATE_PREFIX) && !state) throw new DamagedRecord();
    return state
      ? [{ log: place.slice(LOG_STATE_PREFIX.length), next: state.next, state: [place, value] as const }]
      : [];
  });
  const others = loose.filter(([place]) => !place.startsWith(LOG_STATE_PREFIX));
  const total = logs.reduce((sum, { next }) => sum + next, loose.length);
  let done = 0;
  const count = (records: number) => onprogress?.({ done: Math.min((done += records), total), total });
  const groups: LooseGroup[] = others.map((record) => ({
    name: record[0],
    bytes: sizeInChunk(record),
    records: () => Promise.resolve([record]),
    chunks: [],
  }));
  try {
    for (const { log, next, state } of logs) {
      const group = await ifThere(() => packLog(store, uploads, { log, next, state, known, count }));
      if (group) groups.push(group);
    }
    const chunks: ChunkEntry[] = [];
    for (const bucket of await inBuckets(groups, CHUNK_BYTES)) {
      const records: PlacedRecord[] = [];
      for (const group of bucket) {
        const own = await ifThere(group.records);
        if (!own) continue;
        records.push(...own);
        chunks.push(...group.chunks);
      }
      if (records.length > 0) chunks.push(await uploads.add(records, undefined));
      count(records.length);
    }
    if (chunks.length > MAX_CHUNKS) {
      throw new ChatError(
        'This profile is too large for one backup. Delete conversations you do not need, then try again.',
      );
    }
    return chunks;
  } finally {
    await uploads.settle();
  }
}

interface LogToPack {
  readonly log: string;
  readonly next: number;
  readonly state: PlacedRecord;
  readonly known: readonly ChunkEntry[];
  readonly count: (records: number) => void;
}

/** Puts the whole pieces of a log that are not there. @returns what is left of it. @throws LogGone */
async function packLog(store: Store, uploads: Uploads, { log, next, state, known, count }: LogToPack) {
  const chunks = await piecesThere(store, log, next, known);
  const begin = chunks.at(-1)?.piece?.next ?? 0;
  count(begin);
  let from = begin;
  let bytes = sizeInChunk(state);
  let piece: PlacedRecord[] = [];
  for await (const record of logRecords(store, log, begin, next)) {
    const size = sizeInChunk(record);
    if (piece.length > 0 && bytes + size > CHUNK_BYTES) {
      const end = from + piece.length;
      const tip = await sha256(piece.at(-1)![1]);
      chunks.push(await uploads.add(piece, { log, from, next: end, tip }));
      count(piece.length);
      [from, bytes, piece] = [end, sizeInChunk(state), []];
    }
    piece.push(record);
    bytes += size;
  }
  const rest = from;
  const records = async () => {
    const newest: PlacedRecord[] = [state];
    for await (const record of logRecords(store, log, rest, next)) newest.push(record);
    return newest;
  };
  return { name: log, bytes, records, chunks };
}

/** The pieces of this very log that are there, from its beginning on without a gap. */
async function piecesThere(
  store: Store,
  log: string,
  next: number,
  known: readonly ChunkEntry[],
): Promise<ChunkEntry[]> {
  const byBegin = new Map(known.flatMap((chunk) => (chunk.piece?.log === log ? [[chunk.piece.from, chunk]] : [])));
  const pieces: ChunkEntry[] = [];
  for (let chunk = byBegin.get(0); chunk?.piece && chunk.piece.next <= next; chunk = byBegin.get(chunk.piece.next)) {
    // A log that began anew has other records at the same positions.
    const record = await store.get(placeOf(log, chunk.piece.next - 1));
    if (!record || !equal(await sha256(record), chunk.piece.tip)) break;
    pieces.push(chunk);
  }
  return pieces;
}

/** What is read of a log that is deleted meanwhile is in no backup. */
async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LogGone) return undefined;
    throw error;
  }
}
