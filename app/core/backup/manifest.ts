/**
 * What a backup consists of. It is replaced last: with it, all its chunks become the backup at once.
 *
 *     manifest  version u8 = 1 | slot 40 | iv 12 | AEAD(key, iv, AAD = "backup" ‖ version u8 = 1 ‖ slot, padded)
 *     key       HKDF(backup key, 0^32, "backup", 32)
 *     contents  version u8 = 1 | counter u64 | date u64 | flags u8 (1 protected) | fingerprint 32 | LP(name) | name key 32
 *               | count u32 | chunk …
 *     chunk     name 16 | bytes u32 | content 32 | kind u8 | of kind 1: LP(log) | from u64 | next u64 | tip 32
 *
 * The slot (`access.ts`) is what the recovery code opens. `content` is SHA-256 of what is in the chunk. Kind 1 is a piece of a
 * log: its records from a position up to `next`, the last of them with SHA-256 `tip`; kind 0 holds any other records.
 */
import { ByteReader, concat, fromUtf8, lp, u32, u64, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { FINGERPRINT_BYTES, MAX_BACKUP_CHUNK_BYTES } from '../../../signal/wire/limits.ts';
import { decodeName, MAX_NAME_BYTES } from '../base/name.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import { RECOVERY_SLOT_BYTES } from './access.ts';
import { CHUNK_NAME_BYTES, pad, unpad } from './chunk.ts';

const VERSION = 1;
const PROTECTED = 1;
const HASH_BYTES = 32;
const NAME_KEY_BYTES = 32;
/** The hidden name of a log. */
const MAX_LOG_BYTES = 32;
/** Chunks of a backup, about 1 GiB: their manifest fits into MAX_BACKUP_CHUNK_BYTES, and they into a server’s place. */
export const MAX_CHUNKS = 4000;
const NO_SALT: Bytes = new Uint8Array(32);

/** Records of a log that never change: those from a position up to `next`. */
export interface LogPiece {
  /** The log's hidden name. */
  readonly log: string;
  readonly from: number;
  readonly next: number;
  /** The hash of the last of them: a log of this name that began anew has another. */
  readonly tip: Bytes;
}

export interface ChunkEntry {
  readonly name: Bytes;
  /** Of the sealed chunk. */
  readonly bytes: number;
  /** SHA-256 of its contents. */
  readonly content: Bytes;
  /** Absent where the chunk holds other records. */
  readonly piece: LogPiece | undefined;
}

export interface Manifest {
  /** One more for each backup of the profile. */
  readonly counter: number;
  /** When it was made, unix ms by the device's clock. */
  readonly date: number;
  /** Whether the profile was protected. */
  readonly isProtected: boolean;
  /** Whose it is. */
  readonly fingerprint: Bytes;
  readonly name: string;
  /** The vault's, so that hidden places stay what they are. */
  readonly nameKey: Bytes;
  readonly chunks: readonly ChunkEntry[];
}

export function encodeChunkEntry({ name, bytes, content, piece }: ChunkEntry): Bytes {
  const entry = concat(name, u32(bytes), content, u8(piece ? 1 : 0));
  return piece ? concat(entry, lp(utf8(piece.log)), u64(piece.from), u64(piece.next), piece.tip) : entry;
}

/** @returns `undefined` unless the reader stands before an entry */
export function readChunkEntry(reader: ByteReader): ChunkEntry | undefined {
  const name = reader.take(CHUNK_NAME_BYTES);
  const bytes = reader.u32();
  const content = reader.take(HASH_BYTES);
  const kind = reader.u8();
  if (kind === 0) return { name, bytes, content, piece: undefined };
  const log = fromUtf8(reader.lp(MAX_LOG_BYTES));
  const piece = { from: reader.u64(), next: reader.u64(), tip: reader.take(HASH_BYTES) };
  return kind === 1 && log ? { name, bytes, content, piece: { log, ...piece } } : undefined;
}

export function encodeManifest(manifest: Manifest): Bytes {
  const { counter, date, isProtected, fingerprint, name, nameKey, chunks } = manifest;
  return concat(
    u8(VERSION),
    u64(counter),
    u64(date),
    u8(isProtected ? PROTECTED : 0),
    fingerprint,
    lp(utf8(name)),
    nameKey,
    u32(chunks.length),
    ...chunks.map(encodeChunkEntry),
  );
}

/** @returns `undefined` for anything but a manifest of this version. */
export function decodeManifest(contents: Bytes): Manifest | undefined {
  const reader = new ByteReader(contents);
  const version = reader.u8();
  const [counter, date, flags] = [reader.u64(), reader.u64(), reader.u8()];
  const fingerprint = reader.take(FINGERPRINT_BYTES);
  const name = decodeName(reader.lp(MAX_NAME_BYTES));
  const nameKey = reader.take(NAME_KEY_BYTES);
  const count = reader.u32();
  if (version !== VERSION || flags > PROTECTED || name === undefined || count > MAX_CHUNKS) return undefined;
  const chunks: ChunkEntry[] = [];
  for (let i = 0; i < count; i++) {
    const chunk = readChunkEntry(reader);
    if (!chunk || chunk.bytes > MAX_BACKUP_CHUNK_BYTES) return undefined;
    chunks.push(chunk);
  }
  if (!reader.done()) return undefined;
  return { counter, date, isProtected: flags === PROTECTED, fingerprint, name, nameKey, chunks };
}

/** @param key - the backup's. @param slot - what the recovery code opens. */
export async function sealManifest({ key, slot }: { key: Bytes; slot: Bytes }, manifest: Manifest): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  const manifestKey = await keyOf(key);
  const contents = encodeManifest(manifest);
  const sealed = await seal(manifestKey, iv, aad(slot), pad(contents));
  wipe(manifestKey, contents);
  return concat(u8(VERSION), slot, iv, sealed);
}

/** The slot before a manifest, for whoever has the recovery code. @returns `undefined` if it is no manifest */
export function slotOf(sealed: Bytes): Bytes | undefined {
  const slot = sealed.slice(1, 1 + RECOVERY_SLOT_BYTES);
  return sealed[0] === VERSION && slot.length === RECOVERY_SLOT_BYTES ? slot : undefined;
}

/** @returns `undefined` unless it was sealed under this backup's key, just so */
export async function openManifest(key: Bytes, sealed: Bytes): Promise<Manifest | undefined> {
  const slot = slotOf(sealed);
  if (!slot) return undefined;
  const iv = sealed.slice(1 + RECOVERY_SLOT_BYTES, 1 + RECOVERY_SLOT_BYTES + IV_BYTES);
  const manifestKey = await keyOf(key);
  const padded = await open(manifestKey, iv, aad(slot), sealed.slice(1 + RECOVERY_SLOT_BYTES + IV_BYTES));
  wipe(manifestKey);
  const contents = padded && unpad(padded);
  return contents && decodeManifest(contents);
}

function keyOf(backupKey: Bytes): Promise<Bytes> {
  return hkdf(backupKey, NO_SALT, LABEL.backupManifest, 32);
}

function aad(slot: Bytes): Bytes {
  return concat(LABEL.backupManifest, u8(VERSION), slot);
}
