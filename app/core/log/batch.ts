/**
 * A batch: the messages of one envelope, and of one record of the log.
 *
 *     entries: LP(entry) …          rest: LP(salt 32 ‖ text) … in the same order, then LP(acknowledgements)
 */
import { ByteReader, concat, equal, lp, u32, type Bytes } from '../../../signal/wire/bytes.ts';
import { decodeContent, MAX_TEXT_BYTES, type Content } from '../envelope/content.ts';
import type { Body } from '../envelope/envelope.ts';
import {
  decodeAcknowledgements,
  encodeAcknowledgements,
  MAX_ACKNOWLEDGEMENTS_BYTES,
  type Acknowledgement,
} from './acknowledgement.ts';
import { commitTo, decodeEntry, entryHash, SALT_BYTES, type Entry } from './entry.ts';

/** Messages in one batch. */
export const MAX_BATCH_MESSAGES = 256;
/** Bytes of one batch, entries and rest together. */
export const MAX_BATCH_BYTES = 48 * 1024;
/** An encoded entry, as read. */
const MAX_ENTRY_BYTES = 512;

/** A message whole: its entry, and what the entry commits to. */
export interface Message {
  /** The entry's hash. */
  readonly id: Bytes;
  readonly entry: Entry;
  /** The entry's bytes: what is hashed, kept and sent. */
  readonly encoded: Bytes;
  readonly salt: Bytes;
  readonly body: Bytes;
  readonly content: Content;
}

export interface Batch {
  readonly messages: readonly Message[];
  /** How much of the recipient's chains is durable with the sender: of each, or of those where it has changed. */
  readonly acknowledgements: readonly Acknowledgement[];
}

export function encodeBatch(batch: Batch): Body {
  return {
    // Joined at once: a burst would feel every copy in between.
    entries: concat(...batch.messages.flatMap(({ encoded }) => [u32(encoded.length), encoded])),
    rest: concat(
      ...batch.messages.flatMap(({ salt, body }) => [u32(salt.length + body.length), salt, body]),
      lp(encodeAcknowledgements(batch.acknowledgements)),
    ),
  };
}

/** The bytes a message takes in a batch. */
export function sizeOf(message: Message): number {
  return 4 + message.encoded.length + 4 + message.salt.length + message.body.length;
}

/** As many of the messages, from the front, as one batch holds: at least one if there is any. */
export function firstBatch<T>(messages: readonly T[], size: (message: T) => number): T[] {
  let bytes = 0;
  let count = 0;
  for (const message of messages.slice(0, MAX_BATCH_MESSAGES)) {
    bytes += size(message);
    if (count > 0 && bytes > MAX_BATCH_BYTES) break;
    count++;
  }
  return messages.slice(0, count);
}

/** Messages cut into batches. */
export function batchesOf(messages: readonly Message[]): Message[][] {
  const batches: Message[][] = [];
  for (let at = 0; at < messages.length; at += batches.at(-1)!.length) {
    batches.push(firstBatch(messages.slice(at, at + MAX_BATCH_MESSAGES), sizeOf));
  }
  return batches;
}

/**
 * Reads a batch from untrusted bytes. Each text must be the one its entry commits to, each entry in its one encoding.
 * @returns `undefined` for anything else.
 */
export async function decodeBatch(body: Body): Promise<Batch | undefined> {
  const entries = new ByteReader(body.entries);
  const rest = new ByteReader(body.rest);
  const messages: Message[] = [];
  while (entries.more) {
    if (messages.length === MAX_BATCH_MESSAGES) return undefined;
    const message = await decodeMessage(entries.lp(MAX_ENTRY_BYTES), rest.lp(SALT_BYTES + MAX_TEXT_BYTES));
    if (!message) return undefined;
    messages.push(message);
  }
  const acknowledgements = decodeAcknowledgements(rest.lp(MAX_ACKNOWLEDGEMENTS_BYTES));
  return entries.done() && rest.done() && acknowledgements ? { messages, acknowledgements } : undefined;
}

async function decodeMessage(encoded: Bytes, saltAndBody: Bytes): Promise<Message | undefined> {
  const entry = decodeEntry(encoded);
  const salt = saltAndBody.slice(0, SALT_BYTES);
  const body = saltAndBody.slice(SALT_BYTES);
  if (!entry || salt.length !== SALT_BYTES) return undefined;
  const content = decodeContent({ kind: entry.kind, body });
  if (!content || !equal(await commitTo(salt, body), entry.commit)) return undefined;
  return { id: await entryHash(encoded), entry, encoded, salt, body, content };
}
