/**
 * What a conversation's log remembers of one chain, as part of its record of state.
 *
 *     ours    chain 16 | seq u64 | head 32 | delivered u64 | read u64 | left u64 | left at u64 | missing u64
 *     theirs  chain 16 | seq u64 | head 32 | read u64 | restored u8 = 0 or 1
 */
import { concat, u64, u8, type Bytes, type ByteReader } from '../../../signal/wire/bytes.ts';
import { CHAIN_BYTES, HASH_BYTES, NO_ENTRY } from './entry.ts';

/** How far one chain has come. */
export interface ChainHead {
  readonly chain: Bytes;
  readonly seq: number;
  readonly head: Bytes;
}

/** How much of a chain the other's mailbox has committed, and when the first of what still counts was: unix ms, or 0. */
export interface Left {
  readonly seq: number;
  readonly time: number;
}

/** A chain of our own, and its way to the other. */
export interface OwnChain extends ChainHead {
  /** How much of it the other has acknowledged. */
  readonly delivered: number;
  /** How much of it the other says to have read: at most what is delivered. */
  readonly read: number;
  readonly left: Left;
  /** How much more of it the other has than we: only of a chain from before a restore. */
  readonly missing: number;
}

/** A chain of the other's. */
export interface TheirChain extends ChainHead {
  /** How much of it they may be told was read. */
  readonly read: number;
  /** It is as a backup had it: what came after that is not here, and the other may go on further up. */
  readonly restored: boolean;
}

/** A chain of which nothing is written. */
export function emptyChain(chain: Bytes): OwnChain {
  return { chain, seq: 0, head: NO_ENTRY, delivered: 0, read: 0, left: { seq: 0, time: 0 }, missing: 0 };
}

export function encodeOwnChain({ chain, seq, head, delivered, read, left, missing }: OwnChain): Bytes {
  const way = [delivered, read, left.seq, left.time, missing];
  return concat(chain, u64(seq), head, ...way.map((number) => u64(number)));
}

export function readOwnChain(reader: ByteReader): OwnChain {
  return {
    ...readHead(reader),
    delivered: reader.u64(),
    read: reader.u64(),
    left: { seq: reader.u64(), time: reader.u64() },
    missing: reader.u64(),
  };
}

export function encodeTheirChain({ chain, seq, head, read, restored }: TheirChain): Bytes {
  return concat(chain, u64(seq), head, u64(read), u8(restored ? 1 : 0));
}

export function readTheirChain(reader: ByteReader): TheirChain {
  return { ...readHead(reader), read: reader.u64(), restored: reader.u8() === 1 };
}

function readHead(reader: ByteReader): ChainHead {
  return { chain: reader.take(CHAIN_BYTES), seq: reader.u64(), head: reader.take(HASH_BYTES) };
}
