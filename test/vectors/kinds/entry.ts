/** Two entries of Ann's chain, the first without and the second with an acknowledgement: bytes, commitments, hashes. */
import { concat, toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { encodeContent } from '../../../app/core/envelope/content.ts';
import type { Message } from '../../../app/core/log/batch.ts';
import {
  commitTo,
  conversationOf,
  decodeEntry,
  encodeEntry,
  entryHash,
  NO_ENTRY,
  type Entry,
} from '../../../app/core/log/entry.ts';
import { check, same } from '../../contracts/check.ts';
import { counting } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';
import { MADE_AT } from '../people.ts';

interface EntryVector {
  readonly bytes: string;
  readonly commit: string;
  readonly hash: string;
}

interface Chain {
  readonly conversation: string;
  readonly first: EntryVector;
  readonly second: EntryVector;
}

async function message(entry: Omit<Entry, 'kind' | 'commit'>, salt: Bytes, text: string): Promise<Message> {
  const content = { kind: 'text', text } as const;
  const said = encodeContent(content);
  check(said !== undefined, 'the text can be encoded');
  const whole = { ...entry, kind: said.kind, commit: await commitTo(salt, said.body) };
  const encoded = encodeEntry(whole);
  return { id: await entryHash(encoded), entry: whole, encoded, salt, body: said.body, content };
}

/** What Ann writes to Bob. */
export async function writtenBy({ ann, bob }: People): Promise<{ first: Message; second: Message }> {
  const author = ann.card.fingerprint;
  const conversation = await conversationOf(author, bob.card.fingerprint);
  const common = { author, conversation, chain: counting(16, 16) };
  const first = await message(
    { ...common, seq: 1, prev: NO_ENTRY, time: MADE_AT, head: undefined },
    counting(32, 32),
    'Hello, Bob.',
  );
  const theirs = { author: bob.card.fingerprint, chain: counting(16, 64), seq: 300, head: counting(32, 96) };
  const second = await message(
    { ...common, seq: 2, prev: first.id, time: MADE_AT + 1, head: theirs },
    counting(32, 128),
    'Grüße – 你好 👋',
  );
  return { first, second };
}

function encoded({ id, entry }: Message): EntryVector {
  return { bytes: toHex(encodeEntry(entry)), commit: toHex(entry.commit), hash: toHex(id) };
}

async function chainOf(people: People): Promise<Chain> {
  const { first, second } = await writtenBy(people);
  return { conversation: toHex(first.entry.conversation), first: encoded(first), second: encoded(second) };
}

export const entry: Kind<Chain> = {
  make: chainOf,
  promises: [
    {
      promise: 'two people have the same conversation, whoever asks',
      async holds({ vector, ann, bob }) {
        const [a, b] = [ann.card.fingerprint, bob.card.fingerprint];
        same(toHex(await conversationOf(a, b)), vector.conversation, 'the conversation');
        same(toHex(await conversationOf(b, a)), vector.conversation, 'the conversation, asked by the other');
      },
    },
    {
      promise: 'entries have the same bytes, commitments and hashes',
      async holds({ vector, ...people }) {
        same(await chainOf(people), vector, 'the chain');
      },
    },
    {
      promise: 'entries decode to what was written, and to nothing with a byte more',
      async holds({ vector, ...people }) {
        const { first, second } = await writtenBy(people);
        same(decodeEntry(hex(vector.first.bytes)), first.entry, 'the first entry');
        same(decodeEntry(hex(vector.second.bytes)), second.entry, 'the second entry');
        same(decodeEntry(concat(hex(vector.second.bytes), utf8('\0'))), undefined, 'a longer entry');
      },
    },
  ],
};
