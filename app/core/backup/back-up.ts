/**
 * Backing up: what the place has not got is sealed and put there, then the manifest is replaced, then what no backup holds any
 * more is removed. Whole pieces of logs never change, so that after the first time only what is new goes. What is
 * interrupted goes on from what is there already.
 *
 *     under way  version u8 = 1 | chunk, as in the manifest        at `backup/up/` name: put, and in no manifest yet
 *     newest     the contents of the manifest                      at `backup/manifest`
 *     made       version u8 = 1 | counter u64 | date u64           at `backup/made`: of the last backup, wherever it is
 */
import { ByteReader, concat, equal, toBase64Url, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { ChatError, DamagedRecord } from '../base/errors.ts';
import type { Progress } from '../base/progress.ts';
import type { Store } from '../base/store.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import { decodeLogState } from '../log/log-state.ts';
import { LOG_STATE_PREFIX, placeOf } from '../log/places.ts';
import type { Access } from './access.ts';
import { inBuckets, type Group } from './buckets.ts';
import { CHUNK_BYTES, CHUNK_NAME_BYTES, encodeContents, sealChunk, sizeInChunk, type PlacedRecord } from './chunk.ts';
import {
  decodeManifest,
  encodeChunkEntry,
  encodeManifest,
  MAX_CHUNKS,
  readChunkEntry,
  sealManifest,
  type ChunkEntry,
  type LogPiece,
  type Manifest,
} from './manifest.ts';
import { MANIFEST_NAME, PlaceError, type BackupPlace } from './place.ts';
import { BACKUP_PREFIX, LogGone, logRecords, looseRecords } from './records.ts';

const VERSION = 1;
const NEWEST_PLACE = `${BACKUP_PREFIX}manifest`;
const MADE_PLACE = `${BACKUP_PREFIX}made`;
const UNDER_WAY_PREFIX = `${BACKUP_PREFIX}up/`;
/** Chunks on their way to the place at once: while one is written down there, the next is sealed here. */
const AT_ONCE = 3;

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

async function newestManifest(store: Store): Promise<Manifest | undefined> {
  const record = await store.get(NEWEST_PLACE);
  const manifest = record && decodeManifest(record);
  if (record && !manifest) throw new DamagedRecord();
  return manifest;
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
  const remember = (chunk: ChunkEntry) =>
    store.write(new Map([[UNDER_WAY_PREFIX + toBase64Url(chunk.name), concat(u8(VERSION), encodeChunkEntry(chunk))]]));
  const chunks = await putChunks(parts, known, remember);
  const before = new Set(newest?.chunks);
  const isSame = before.size === chunks.length && chunks.every((chunk) => before.has(chunk));
  if (newest && isSame && present.has(MANIFEST_NAME) && !always) return undefined;
  const manifest = await manifestOf(parts, chunks);
  await place.put(MANIFEST_NAME, await sealManifest(access, manifest));
  const changes = new Map<string, Bytes | undefined>(notesOf(manifest, true));
  for (const { name } of await chunksUnderWay(store)) changes.set(UNDER_WAY_PREFIX + toBase64Url(name), undefined);
  await store.write(changes);
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

/** What is to be forgotten where a backup begins anew elsewhere: all that is known of the one before. */
export async function forgetBackup(store: Store): Promise<Map<string, undefined>> {
  const underWay = (await chunksUnderWay(store)).map(({ name }) => UNDER_WAY_PREFIX + toBase64Url(name));
  return new Map([NEWEST_PLACE, ...underWay].map((key) => [key, undefined]));
}

async function manifestOf({ store, profile, now }: BackupParts, chunks: readonly ChunkEntry[]): Promise<Manifest> {
  return { ...profile, counter: ((await lastMade(store))?.counter ?? 0) + 1, date: now(), chunks };
}

async function chunksUnderWay(store: Store): Promise<ChunkEntry[]> {
  const records = await store.list(UNDER_WAY_PREFIX, MAX_CHUNKS);
  return records.map(([, record]) => {
    const reader = new ByteReader(record);
    const chunk = reader.u8() === VERSION ? readChunkEntry(reader) : undefined;
    if (!chunk || !reader.done()) throw new DamagedRecord();
    return chunk;
  });
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
  const uploads = new Uploads(parts, known, remember);
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

/** Chunks on their way: a few at once. */
class Uploads {
  readonly #parts: BackupParts;
  readonly #remember: (chunk: ChunkEntry) => Promise<void>;
  /** Of chunks that hold anything but a piece of a log, by the hash of their contents. */
  readonly #known: Map<string, ChunkEntry>;
  readonly #pending = new Set<Promise<void>>();
  #failure: Error | undefined;

  constructor(parts: BackupParts, known: readonly ChunkEntry[], remember: (chunk: ChunkEntry) => Promise<void>) {
    this.#parts = parts;
    this.#remember = remember;
    this.#known = new Map(known.map((chunk) => [toBase64Url(chunk.content), chunk]));
  }

  /** Sends records on their way, unless they are there. @throws what a chunk before has failed with */
  async add(records: readonly PlacedRecord[], piece: LogPiece | undefined): Promise<ChunkEntry> {
    const { place, access } = this.#parts;
    const contents = encodeContents(records);
    const content = await sha256(contents);
    const known = this.#known.get(toBase64Url(content));
    if (known) {
      wipe(contents);
      return known;
    }
    while (this.#pending.size >= AT_ONCE) await Promise.race(this.#pending);
    if (this.#failure) throw this.#failure;
    const name = randomBytes(CHUNK_NAME_BYTES);
    const sealed = await sealChunk(access.key, name, contents);
    wipe(contents);
    const chunk = { name, bytes: sealed.length, content, piece };
    const pending: Promise<void> = place
      .put(toBase64Url(name), sealed)
      .then(() => this.#remember(chunk))
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new PlaceError('failed');
      })
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return chunk;
  }

  /** Resolves once nothing is on its way. @throws what a chunk has failed with */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#failure) throw this.#failure;
  }
}
