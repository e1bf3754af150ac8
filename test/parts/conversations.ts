/** Conversations by hand: messages, batches and logs of two people who need no keys, as the log does not look at them. */
import { utf8, type Bytes } from '../../signal/wire/bytes.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { encodeContent, type Content } from '../../app/core/envelope/content.ts';
import type { Acknowledgement } from '../../app/core/log/acknowledgement.ts';
import { theirHead, writeMessage, type Conversation } from '../../app/core/log/append.ts';
import type { Message } from '../../app/core/log/batch.ts';
import { commitTo, conversationOf, encodeEntry, entryHash, type Entry, type Head } from '../../app/core/log/entry.ts';
import { emptyLogState, type LogState } from '../../app/core/log/log-state.ts';

export const ANN: Bytes = new Uint8Array(32).fill(0xa);
export const BOB: Bytes = new Uint8Array(32).fill(0xb);

/** The conversation of Ann and Bob, as one of them sees it. */
export async function talkOf(us: Bytes, them: Bytes): Promise<Conversation> {
  return { id: await conversationOf(us, them), us, them };
}

export const fresh = (): LogState => emptyLogState(randomBytes(16));

const text = (text: string): Content => ({ kind: 'text', text });

/** Contents as a log takes them. */
export function contents(...texts: string[]) {
  return texts.map((one) => [text(one), encodeContent(text(one))!] as const);
}

/** Writes texts one after the other. @returns the messages, and the state after them. */
export async function wrote(
  state: LogState,
  talk: Conversation,
  ...texts: string[]
): Promise<{ state: LogState; messages: Message[] }> {
  const messages: Message[] = [];
  for (const [content, encoded] of contents(...texts)) {
    const written = await writeMessage(state, talk, content, encoded, 1000 + messages.length);
    state = written.state;
    messages.push(written.message);
  }
  return { state, messages };
}

/** How far somebody's own newest chain has come. */
export function headOf({ ours: { chain, seq, head } }: LogState, author: Bytes): Head {
  return { author, chain, seq, head };
}

/** What somebody says who has an author's chain up to this message. */
export function upTo({ id, entry: { author, chain, seq } }: Message, read = 0): Acknowledgement {
  return { author, chain, seq, head: id, read };
}

/** The same message with some fields of its entry changed, as if its author had written it so. */
export async function rewritten(message: Message, changes: Partial<Entry>, says?: string): Promise<Message> {
  const body = says === undefined ? message.body : utf8(says);
  const content = says === undefined ? message.content : text(says);
  const entry = { ...message.entry, commit: await commitTo(message.salt, body), ...changes };
  const encoded = encodeEntry(entry);
  return { ...message, id: await entryHash(encoded), entry, encoded, body, content };
}

export { theirHead };
