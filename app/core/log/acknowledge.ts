/** How far messages have come, as functions from one state of a log to the next: delivered, read, left on the server. */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { DAY } from '../../../signal/wire/time.ts';
import type { Acknowledgement } from './acknowledgement.ts';
import type { Message } from './batch.ts';
import { emptyChain, type OwnChain } from './chain.ts';
import { MAX_CHAINS, ownChains, type LogState } from './log-state.ts';

/** After so long without an acknowledgement, what was left on the server is left again, ms. */
export const LEFT_AGAIN_AFTER = DAY;

/** What we tell of each chain of theirs, the newest last. @param tellsRead - whether also how much was read. */
export function acknowledgementsOf({ theirs }: LogState, them: Bytes, tellsRead: boolean): Acknowledgement[] {
  return theirs.map(({ chain, seq, head, read }) => ({ author: them, chain, seq, head, read: tellsRead ? read : 0 }));
}

/**
 * Takes what the other says of our chains; what is older than what we know, or about a chain we have forgotten, changes
 * nothing. Of a chain from before a restore the other may have more than we: that is kept as `missing`.
 * @returns `undefined` if any of it is about somebody else, claims what was never written, or names another last entry
 *   than ours.
 */
export function receiveAcknowledgements(
  state: LogState,
  us: Bytes,
  acknowledgements: readonly Acknowledgement[],
): LogState | undefined {
  let next = state;
  for (const one of acknowledgements) {
    if (!equal(one.author, us)) return undefined;
    const known = chainOf(next, one.chain);
    if (!known) {
      next = withLostChain(next, one);
      continue;
    }
    const isNewest = known === next.ours;
    if (one.seq === known.seq && !equal(one.head, known.head)) return undefined;
    if (one.seq > known.seq && isNewest) return undefined;
    next = withChain(next, acknowledged(known, one));
  }
  return next;
}

function acknowledged(known: OwnChain, { seq, read }: Acknowledgement): OwnChain {
  const delivered = Math.max(known.delivered, Math.min(seq, known.seq));
  const readNow = Math.max(known.read, Math.min(read, known.seq));
  const missing = Math.max(known.missing, seq - known.seq);
  const isSame = delivered === known.delivered && readNow === known.read && missing === known.missing;
  return isSame ? known : { ...known, delivered, read: readNow, missing };
}

/**
 * A device that was restored may have had a chain since its backup that the backup does not know. Where the backup had nothing
 * of ours, the conversation may have been deleted before, and what the other has is of that time.
 */
function withLostChain(state: LogState, { chain, seq }: Acknowledgement): LogState {
  const hadOurs = state.former.some((known) => known.seq > 0);
  if (!hadOurs || state.former.length === MAX_CHAINS) return state;
  return { ...state, former: [...state.former, { ...emptyChain(chain), missing: seq }] };
}

function withChain(state: LogState, changed: OwnChain): LogState {
  if (ownChains(state).includes(changed)) return state;
  const isChanged = ({ chain }: OwnChain) => equal(chain, changed.chain);
  if (isChanged(state.ours)) return { ...state, ours: changed };
  return { ...state, former: state.former.map((known) => (isChanged(known) ? changed : known)) };
}

/** How many messages of ours the other has that are not here: a backup that was restored was older than they are. */
export function missingOf(state: LogState): number {
  return ownChains(state).reduce((sum, { missing }) => sum + missing, 0);
}

/**
 * The mailbox has committed these messages of ours, which are a run of what is not delivered.
 * @param now - unix ms.
 */
export function withLeft(state: LogState, messages: readonly Message[], now: number): LogState {
  let next = state;
  for (const known of ownChains(state)) {
    const seqs = messages.filter(({ entry }) => equal(entry.chain, known.chain)).map(({ entry }) => entry.seq);
    const [first, last] = [seqs[0], seqs.at(-1)];
    if (first === undefined || last === undefined || last > known.seq) continue;
    // What follows on what was left counts from the same time: it is all left again when the first of it is due.
    const goesOn = first === known.left.seq + 1 && known.left.seq > known.delivered;
    next = withChain(next, { ...known, left: { seq: last, time: goesOn ? known.left.time : now } });
  }
  return next;
}

/** Whether the mailbox has a message of ours, and there is no need yet to leave it again. */
export function isLeft(chain: OwnChain, seq: number, now: number): boolean {
  // A clock that was put back does not make it wait for longer.
  return seq <= chain.left.seq && Math.abs(now - chain.left.time) < LEFT_AGAIN_AFTER;
}

/** The chain of ours that a message is of; `undefined` if it is forgotten. */
export function chainOf(state: LogState, chain: Bytes): OwnChain | undefined {
  return ownChains(state).find((own) => equal(own.chain, chain));
}

/**
 * Counts everything as looked at.
 * @param shown - the state that was shown; what came after it is not told to have been read.
 * @param tells - whether the other may be told.
 */
export function withAllRead(state: LogState, shown: LogState, tells: boolean): LogState {
  if (state.unread === 0) return state;
  if (!tells) return { ...state, unread: 0 };
  const theirs = state.theirs.map((known) => {
    const then = shown.theirs.find(({ chain }) => equal(chain, known.chain));
    return { ...known, read: Math.max(known.read, then?.seq ?? 0) };
  });
  return { ...state, unread: 0, theirs };
}
