/**
 * What one side says of the other's chains: how much of each is durable with it, and how much of that was read.
 *
 *     acknowledgements  count u8 = 0 to 16 | for each: author 32 | chain 16 | seq u64 | head 32 | read u64
 */
import { ByteReader, concat, equal, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { CHAIN_BYTES, HASH_BYTES, type Head } from './entry.ts';

/** Chains that one batch acknowledges. */
export const MAX_ACKNOWLEDGEMENTS = 16;
/** All of them, as read. */
export const MAX_ACKNOWLEDGEMENTS_BYTES = 1537;

export interface Acknowledgement extends Head {
  /** How many of the chain's entries, from the first, a person has seen; 0 also where that is not told. */
  readonly read: number;
}

/** @param all - at most MAX_ACKNOWLEDGEMENTS, each of another chain. */
export function encodeAcknowledgements(all: readonly Acknowledgement[]): Bytes {
  const parts = all.flatMap(({ author, chain, seq, head, read }) => [author, chain, u64(seq), head, u64(read)]);
  return concat(u8(all.length), ...parts);
}

/**
 * Reads them from untrusted bytes.
 * @returns `undefined` for anything but their one encoding, for one that says nothing, for more read than came, and for
 *   two of one chain.
 */
export function decodeAcknowledgements(bytes: Bytes): Acknowledgement[] | undefined {
  const reader = new ByteReader(bytes);
  const count = reader.u8();
  if (count > MAX_ACKNOWLEDGEMENTS) return undefined;
  const all: Acknowledgement[] = [];
  for (let index = 0; index < count; index++) {
    const one = {
      author: reader.take(HASH_BYTES),
      chain: reader.take(CHAIN_BYTES),
      seq: reader.u64(),
      head: reader.take(HASH_BYTES),
      read: reader.u64(),
    };
    if (one.seq < 1 || one.read > one.seq) return undefined;
    if (all.some(({ author, chain }) => equal(author, one.author) && equal(chain, one.chain))) return undefined;
    all.push(one);
  }
  return reader.done() ? all : undefined;
}
