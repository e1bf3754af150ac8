/**
 * What a conversation's log knows besides its messages, kept in one record that is rewritten, in the same transaction,
 * with every append: both chains' heads, what the other has acknowledged, what has been read.
 */
import { ByteReader, concat, fromUtf8, lp, u32, u64, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { CHAIN_BYTES, NO_ENTRY } from './entry.ts';

const VERSION = 1;
const PREVIEW_CHARACTERS = 120;
/** Some engines are slow to look into a decoded text character by character. */
const PREVIEW = new RegExp(`^.{0,${PREVIEW_CHARACTERS}}`, 'su');
const MAX_PREVIEW_BYTES = 4 * PREVIEW_CHARACTERS;
/** Chains of one author that are remembered. */
export const MAX_CHAINS = 16;

/** How far one chain has come. */
export interface ChainHead {
  readonly chain: Bytes;
  readonly seq: number;
  readonly head: Bytes;
}

export interface LogState {
  /** Our chain in this conversation. */
  readonly ours: ChainHead;
  /** How much of our chain the other has acknowledged. */
  readonly delivered: number;
  /** Their chains, the newest last: one for each installation they wrote from. */
  readonly theirs: readonly ChainHead[];
  /** The position of the next record. */
  readonly next: number;
  /** Their messages that nobody has looked at. */
  readonly unread: number;
  /** The newest message's time and the start of its text. */
  readonly time: number;
  readonly preview: string;
}

export function emptyLogState(chain: Bytes): LogState {
  return {
    ours: { chain, seq: 0, head: NO_ENTRY },
    delivered: 0,
    theirs: [],
    next: 0,
    unread: 0,
    time: 0,
    preview: '',
  };
}

/**
 * What must be remembered of a conversation whose messages are erased: how far the other's chains were, so that what they
 * send again is known, and what they write next fits. Our own begins anew, as nothing of the old one can be sent again.
 */
export function remainderOf({ theirs }: LogState, chain: Bytes): LogState {
  return { ...emptyLogState(chain), theirs };
}

/** What a restored device goes on from: a chain of its own, as it may have forgotten what it wrote on the one before. */
export function restoredState(state: LogState, chain: Bytes): LogState {
  return { ...state, ours: { chain, seq: 0, head: NO_ENTRY }, delivered: 0 };
}

/** The start of a text, cut between characters. */
export function previewOf(text: string): string {
  return PREVIEW.exec(text)?.[0] ?? '';
}

function encodeChain({ chain, seq, head }: ChainHead): Bytes {
  return concat(chain, u64(seq), head);
}

function readChain(reader: ByteReader): ChainHead {
  return { chain: reader.take(CHAIN_BYTES), seq: reader.u64(), head: reader.take(32) };
}

export function encodeLogState(state: LogState): Bytes {
  return concat(
    u8(VERSION),
    encodeChain(state.ours),
    u64(state.delivered),
    u8(state.theirs.length),
    ...state.theirs.map(encodeChain),
    u64(state.next),
    u32(state.unread),
    u64(state.time),
    lp(utf8(state.preview)),
  );
}

/** @returns `undefined` for bytes of another version. */
export function decodeLogState(bytes: Bytes): LogState | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const ours = readChain(reader);
  const delivered = reader.u64();
  const count = reader.u8();
  if (count > MAX_CHAINS) return undefined;
  const theirs = Array.from({ length: count }, () => readChain(reader));
  const next = reader.u64();
  const unread = reader.u32();
  const time = reader.u64();
  const preview = fromUtf8(reader.lp(MAX_PREVIEW_BYTES));
  if (!reader.done() || version !== VERSION || preview === undefined) return undefined;
  return { ours, delivered, theirs, next, unread, time, preview };
}
