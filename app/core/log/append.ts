/** How a log changes: functions from one state to the next, without storage and without a clock of their own. */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../crypto/random.ts';
import type { Content, EncodedContent } from '../envelope/content.ts';
import type { Message } from './batch.ts';
import { commitTo, encodeEntry, entryHash, SALT_BYTES, type Entry, type Head } from './entry.ts';
import { MAX_CHAINS, previewOf, type ChainHead, type LogState } from './log-state.ts';

export interface Conversation {
  readonly id: Bytes;
  readonly us: Bytes;
  readonly them: Bytes;
}

/** How much of their newest chain we hold: what we acknowledge. */
export function acknowledgementOf(state: LogState, them: Bytes): Head | undefined {
  const chain = state.theirs.at(-1);
  return chain && { author: them, ...chain };
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
    acknowledged: acknowledgementOf(state, conversation.them),
  };
  const encoded = encodeEntry(entry);
  const id = await entryHash(encoded);
  const ours = { ...state.ours, seq: entry.seq, head: id };
  return {
    state: { ...state, ours, time, preview: previewOf(content.text) },
    message: { id, entry, encoded, salt, body, content },
  };
}

/** `new`: the next of its chain. `known`: it, or one that hashes on to it, is in the log. `refused`: it fits nowhere. */
type Fit = 'new' | 'known' | 'refused';

function fit(chain: ChainHead | undefined, message: Message): Fit {
  const { seq, prev } = message.entry;
  const known = chain ?? { seq: 0, head: new Uint8Array(32) };
  if (seq === known.seq + 1) return equal(prev, known.head) ? 'new' : 'refused';
  if (seq < 1 || seq > known.seq) return 'refused';
  // An older one is not shown again. If it belonged to a fork, what follows it would end in another head than ours.
  return seq < known.seq || equal(message.id, known.head) ? 'known' : 'refused';
}

/**
 * Takes in what the other wrote, in the order received.
 * @returns the new state and the messages that were not in the log yet; or `undefined`, nothing taken, if any of them
 *   has another author or conversation, leaves a gap, or forks its chain.
 * @param now - unix ms.
 */
export function receiveMessages(
  state: LogState,
  conversation: Conversation,
  messages: readonly Message[],
  now: number,
): { state: LogState; fresh: Message[] } | undefined {
  const theirs = [...state.theirs];
  const fresh: Message[] = [];
  for (const message of messages) {
    const { entry } = message;
    if (!equal(entry.author, conversation.them) || !equal(entry.conversation, conversation.id)) return undefined;
    const index = theirs.findIndex((known) => equal(known.chain, entry.chain));
    const fits = fit(theirs[index], message);
    if (fits === 'refused') return undefined;
    if (fits === 'known') continue;
    if (index < 0 && theirs.length === MAX_CHAINS) theirs.shift();
    if (index >= 0) theirs.splice(index, 1);
    theirs.push({ chain: entry.chain, seq: entry.seq, head: message.id });
    fresh.push(message);
  }
  const newest = fresh.at(-1);
  if (!newest) return { state, fresh };
  // A clock that runs ahead does not keep its owner on top of the list.
  const time = Math.min(newest.entry.time, now);
  const preview = previewOf(newest.content.text);
  return { state: { ...state, theirs, time, preview, unread: state.unread + fresh.length }, fresh };
}

/**
 * Takes an acknowledgement of our chain. One for a chain of another installation, or older than what we know, changes
 * nothing. @returns `undefined` if it claims what we never wrote.
 */
export function receiveAcknowledgement(state: LogState, us: Bytes, acknowledged: Head): LogState | undefined {
  if (!equal(acknowledged.author, us)) return undefined;
  if (!equal(acknowledged.chain, state.ours.chain) || acknowledged.seq <= state.delivered) return state;
  if (acknowledged.seq > state.ours.seq) return undefined;
  if (acknowledged.seq === state.ours.seq && !equal(acknowledged.head, state.ours.head)) return undefined;
  return { ...state, delivered: acknowledged.seq };
}
