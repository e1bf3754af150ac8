/** How a log changes: functions from one state to the next, without storage and without a clock of their own. */
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../crypto/random.ts';
import type { Content, EncodedContent } from '../envelope/content.ts';
import type { Message } from './batch.ts';
import type { ChainHead } from './chain.ts';
import { commitTo, encodeEntry, entryHash, NO_ENTRY, SALT_BYTES, type Entry, type Head } from './entry.ts';
import { MAX_CHAINS, previewOf, type LogState } from './log-state.ts';

export interface Conversation {
  readonly id: Bytes;
  readonly us: Bytes;
  readonly them: Bytes;
}

/** How much of their newest chain we hold: what an entry of ours says. */
export function theirHead(state: LogState, them: Bytes): Head | undefined {
  const chain = state.theirs.at(-1);
  return chain && { author: them, chain: chain.chain, seq: chain.seq, head: chain.head };
}

/** Writes the next message of our chain. */
export async function writeMessage(
  state: LogState,
  conversation: Conversation,
  content: Content,
  { kind, body }: EncodedContent,
  time: number,
): Promise<{ state: LogState; message: Message }> {
  const salt = randomBytes(SALT_BYTES);
  const entry: Entry = {
    author: conversation.us,
    conversation: conversation.id,
    chain: state.ours.chain,
    seq: state.ours.seq + 1,
    prev: state.ours.head,
    time,
    kind,
    commit: await commitTo(salt, body),
    head: theirHead(state, conversation.them),
  };
  const encoded = encodeEntry(entry);
  const id = await entryHash(encoded);
  const ours = { ...state.ours, seq: entry.seq, head: id };
  return {
    state: { ...state, ours, time, preview: previewOf(content.text) },
    message: { id, entry, encoded, salt, body, content },
  };
}

/**
 * `new`: the next of its chain. `known`: it, or one that hashes on to it, is in the log. `ahead`: what precedes it is
 * not here. `refused`: it fits nowhere.
 */
type Fit = 'new' | 'known' | 'ahead' | 'refused';

function fit(chain: ChainHead | undefined, message: Message): Fit {
  const { seq, prev } = message.entry;
  const known = chain ?? { seq: 0, head: NO_ENTRY };
  if (seq === known.seq + 1) return equal(prev, known.head) ? 'new' : 'refused';
  if (seq > known.seq) return 'ahead';
  if (seq < 1) return 'refused';
  // An older one is not shown again. If it belonged to a fork, what follows it would end in another head than ours.
  return seq < known.seq || equal(message.id, known.head) ? 'known' : 'refused';
}

/**
 * Takes in what the other wrote, in the order received.
 * @returns the new state and the messages that were not in the log yet. Nothing is taken if any of them is `ahead`: of
 *   what precedes it something is not here; or `refused`: it has another author or conversation, or forks its chain.
 * @param now - unix ms.
 */
export function receiveMessages(
  state: LogState,
  conversation: Conversation,
  messages: readonly Message[],
  now: number,
): { state: LogState; fresh: Message[] } | 'ahead' | 'refused' {
  const theirs = [...state.theirs];
  const fresh: Message[] = [];
  for (const message of messages) {
    const { entry } = message;
    if (!isTheirs(entry, conversation)) return 'refused';
    const index = theirs.findIndex((known) => equal(known.chain, entry.chain));
    const fits = fit(theirs[index], message);
    if (fits === 'ahead' || fits === 'refused') return fits;
    if (fits === 'known') continue;
    if (index < 0 && theirs.length === MAX_CHAINS) theirs.shift();
    const [before] = index < 0 ? [] : theirs.splice(index, 1);
    const head = { chain: entry.chain, seq: entry.seq, head: message.id };
    theirs.push({ ...head, read: before?.read ?? 0, restored: false });
    fresh.push(message);
  }
  const newest = fresh.at(-1);
  if (!newest) return { state, fresh };
  // A clock that runs ahead does not keep its owner on top of the list.
  const time = Math.min(newest.entry.time, now);
  const preview = previewOf(newest.content.text);
  return { state: { ...state, theirs, time, preview, unread: state.unread + fresh.length }, fresh };
}

function isTheirs({ author, conversation: id }: Entry, conversation: Conversation): boolean {
  return equal(author, conversation.them) && equal(id, conversation.id);
}

/**
 * After a restore the other goes on further up than we are, as the device that was before has acknowledged what lies
 * between. Takes up their chains where these messages go on: a chain that the backup had once, and those that are newer.
 * @returns the state that the messages follow on, and how many are passed over; `undefined` if that is not why they are
 *   ahead.
 */
export function resumeChains(
  state: LogState,
  conversation: Conversation,
  messages: readonly Message[],
): { state: LogState; lost: number } | undefined {
  const seen = new Set<string>();
  let theirs = state.theirs;
  let lost = 0;
  for (const { entry } of messages) {
    if (!isTheirs(entry, conversation)) return undefined;
    // What follows the first of a chain is judged when it is taken.
    if (seen.has(toHex(entry.chain))) continue;
    seen.add(toHex(entry.chain));
    const known = theirs.find(({ chain }) => equal(chain, entry.chain));
    const between = entry.seq - 1 - (known?.seq ?? 0);
    if (between <= 0) continue;
    if (known ? !known.restored : state.former.length === 0) return undefined;
    const head = { chain: entry.chain, seq: entry.seq - 1, head: entry.prev };
    const others = theirs.filter((one) => one !== known);
    theirs = [...others, { ...head, read: known?.read ?? 0, restored: false }].slice(-MAX_CHAINS);
    lost += between;
  }
  return lost > 0 ? { state: { ...state, theirs }, lost } : undefined;
}
