/**
 * What a conversation's log knows besides its messages, kept in one record that is rewritten, in the same transaction,
 * with every append: the heads of all chains, how far the other has acknowledged and read ours, what has been read here.
 */
import { ByteReader, concat, fromUtf8, lp, u32, u64, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import {
  emptyChain,
  encodeOwnChain,
  encodeTheirChain,
  readOwnChain,
  readTheirChain,
  type OwnChain,
  type TheirChain,
} from './chain.ts';

const VERSION = 1;
const PREVIEW_CHARACTERS = 120;
/** Some engines are slow to look into a decoded text character by character. */
const PREVIEW = new RegExp(`^.{0,${PREVIEW_CHARACTERS}}`, 'su');
const MAX_PREVIEW_BYTES = 4 * PREVIEW_CHARACTERS;
/** Chains of one author that are remembered; of our own, besides the newest. */
export const MAX_CHAINS = 16;

export interface LogState {
  /** Our newest chain in this conversation: the one that is written on. */
  readonly ours: OwnChain;
  /** Our chains of before each restore, the oldest first. */
  readonly former: readonly OwnChain[];
  /** Their chains, the newest last: one for each installation they wrote from. */
  readonly theirs: readonly TheirChain[];
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
    ours: emptyChain(chain),
    former: [],
    theirs: [],
    next: 0,
    unread: 0,
    time: 0,
    preview: '',
  };
}

/** All chains of ours, the newest last: the order in which what is not delivered goes out. */
export function ownChains({ former, ours }: LogState): OwnChain[] {
  return [...former, ours];
}

/**
 * What must be remembered of a conversation whose messages are erased: how far the other's chains were, so that what they
 * send again is known, and what they write next fits. Our own begins anew, as nothing of the old one can be sent again.
 */
export function remainderOf({ theirs }: LogState, chain: Bytes): LogState {
  return { ...emptyLogState(chain), theirs };
}

/**
 * The state that a backup had, as a restored device goes on from it. The device may have written more since, or still be
 * in use, so that our chain ends here and another begins; and the other may have written more, which is not here.
 * @param chain - CHAIN_BYTES random bytes, for what is written from now on.
 */
export function restoredState(state: LogState, chain: Bytes): LogState {
  const former = ownChains(state);
  // Of too many, one goes of which nothing is left to be sent.
  const spent = former.findIndex(({ seq, delivered }) => delivered === seq);
  if (former.length > MAX_CHAINS) former.splice(Math.max(0, spent), 1);
  const theirs = state.theirs.map((known) => ({ ...known, restored: true }));
  return { ...state, ours: emptyChain(chain), former, theirs };
}

/** The start of a text, cut between characters. */
export function previewOf(text: string): string {
  return PREVIEW.exec(text)?.[0] ?? '';
}

export function encodeLogState(state: LogState): Bytes {
  return concat(
    u8(VERSION),
    encodeOwnChain(state.ours),
    u8(state.former.length),
    ...state.former.map(encodeOwnChain),
    u8(state.theirs.length),
    ...state.theirs.map(encodeTheirChain),
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
  const ours = readOwnChain(reader);
  const former = readSome(reader, readOwnChain);
  const theirs = readSome(reader, readTheirChain);
  const next = reader.u64();
  const unread = reader.u32();
  const time = reader.u64();
  const preview = fromUtf8(reader.lp(MAX_PREVIEW_BYTES));
  if (!reader.done() || version !== VERSION || !former || !theirs || preview === undefined) return undefined;
  return { ours, former, theirs, next, unread, time, preview };
}

function readSome<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] | undefined {
  const count = reader.u8();
  return count > MAX_CHAINS ? undefined : Array.from({ length: count }, () => read(reader));
}
