/**
 * An entry: one link of an author's hash chain in a conversation. Its hash is the message's id; it commits to the text
 * without holding it, so a text can be destroyed and the chain still verified.
 *
 *     entry  version u8 = 1 | author 32 | conversation 32 | chain 16 | seq u64 | prev 32 | time u64 | kind u8 | commit 32
 *            | head
 *     head   present u8 = 0, or 1 | author 32 | chain 16 | seq u64 | head 32
 */
import { ByteReader, compare, concat, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { hmac } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';

const VERSION = 1;
export const HASH_BYTES = 32;
export const CHAIN_BYTES = 16;
export const SALT_BYTES = 32;
/** The last moment that a date can name, unix ms. */
const MAX_TIME = 8.64e15;
/** The `prev` of a chain's first entry. */
export const NO_ENTRY: Bytes = new Uint8Array(HASH_BYTES);

/** How far an author's chain has come: entries 1 to `seq`, the last with hash `head`. */
export interface Head {
  readonly author: Bytes;
  readonly chain: Bytes;
  readonly seq: number;
  readonly head: Bytes;
}

export interface Entry {
  readonly author: Bytes;
  readonly conversation: Bytes;
  /** 16 random bytes, new for each installation and each restore. */
  readonly chain: Bytes;
  /** From 1. */
  readonly seq: number;
  readonly prev: Bytes;
  /** The author's clock, unix ms. */
  readonly time: number;
  readonly kind: number;
  readonly commit: Bytes;
  /** How much of the other's chain the author had when writing this. */
  readonly head: Head | undefined;
}

/** The id of the conversation of two people: the same on both sides. */
export async function conversationOf(a: Bytes, b: Bytes): Promise<Bytes> {
  const sorted = [a, b].sort(compare);
  return sha256(concat(LABEL.conversation, ...sorted));
}

export function commitTo(salt: Bytes, body: Bytes): Promise<Bytes> {
  return hmac(salt, body);
}

export function entryHash(bytes: Bytes): Promise<Bytes> {
  return sha256(concat(LABEL.entry, bytes));
}

export function encodeHead(head: Head | undefined): Bytes {
  return head ? concat(u8(1), head.author, head.chain, u64(head.seq), head.head) : u8(0);
}

/** Reads an optional head; anything but 0 or 1 in front of it makes `valid` false. */
export function readHead(reader: ByteReader): { head: Head | undefined; valid: boolean } {
  const present = reader.u8();
  if (present !== 1) return { head: undefined, valid: present === 0 };
  const head = {
    author: reader.take(HASH_BYTES),
    chain: reader.take(CHAIN_BYTES),
    seq: reader.u64(),
    head: reader.take(HASH_BYTES),
  };
  return { head, valid: true };
}

export function encodeEntry(entry: Entry): Bytes {
  return concat(
    u8(VERSION),
    entry.author,
    entry.conversation,
    entry.chain,
    u64(entry.seq),
    entry.prev,
    u64(entry.time),
    u8(entry.kind),
    entry.commit,
    encodeHead(entry.head),
  );
}

/** @returns the entry, or `undefined` unless it is just what `encodeEntry` would have made. */
export function decodeEntry(bytes: Bytes): Entry | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const fields = {
    author: reader.take(HASH_BYTES),
    conversation: reader.take(HASH_BYTES),
    chain: reader.take(CHAIN_BYTES),
    seq: reader.u64(),
    prev: reader.take(HASH_BYTES),
    time: reader.u64(),
    kind: reader.u8(),
    commit: reader.take(HASH_BYTES),
  };
  const { head, valid } = readHead(reader);
  if (!reader.done() || !valid || version !== VERSION || fields.time > MAX_TIME) return undefined;
  return { ...fields, head };
}
