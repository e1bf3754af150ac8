import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { receiveMessages, theirHead, type Conversation } from '../../../app/core/log/append.ts';
import type { Message } from '../../../app/core/log/batch.ts';
import type { LogState } from '../../../app/core/log/log-state.ts';
import { ANN, BOB, fresh, headOf, rewritten, talkOf, wrote } from '../../parts/conversations.ts';

let annsTalk: Conversation;
let bobsTalk: Conversation;

beforeAll(async () => {
  [annsTalk, bobsTalk] = await Promise.all([talkOf(ANN, BOB), talkOf(BOB, ANN)]);
});

/** Five messages by Ann. */
const five = () => wrote(fresh(), annsTalk, 'a', 'b', 'c', 'd', 'e');
/** What Bob's log makes of messages; `undefined` if it takes none. */
function received(state: LogState, messages: readonly Message[], now = 10_000) {
  const taken = receiveMessages(state, bobsTalk, messages, now);
  return typeof taken === 'string' ? undefined : taken;
}
/** Why Bob's log takes none of them. */
function refusal(state: LogState, messages: readonly Message[]): string {
  const taken = receiveMessages(state, bobsTalk, messages, 10_000);
  return typeof taken === 'string' ? taken : 'taken';
}
const texts = (messages: readonly Message[]) => messages.map(({ content }) => content.text).join('');

describe('messages that arrive', () => {
  it('are taken in order, counted as unread, and acknowledged up to the last', async () => {
    const { state: anns, messages } = await five();
    const taken = received(fresh(), messages)!;
    expect(texts(taken.fresh)).toBe('abcde');
    expect(taken.state).toMatchObject({ unread: 5, preview: 'e', time: messages[4]!.entry.time });
    expect(theirHead(taken.state, ANN)).toEqual(headOf(anns, ANN));
    expect(theirHead(fresh(), ANN)).toBeUndefined();
  });

  it('date the conversation by their author’s clock, but never later than by ours', async () => {
    const { messages } = await five();
    expect(received(fresh(), messages.slice(0, 3))!.state.time).toBe(messages[2]!.entry.time);
    expect(received(fresh(), messages.slice(0, 3), 1001)!.state.time).toBe(1001);
  });

  it('are taken once, whether repeated in one batch or in the next', async () => {
    const { messages } = await five();
    const taken = received(fresh(), [...messages, ...messages.slice(4)])!;
    expect(texts(taken.fresh)).toBe('abcde');
    const again = received(taken.state, messages)!;
    expect(again.fresh).toEqual([]);
    expect(again.state).toBe(taken.state);
    const overlapping = received(received(fresh(), messages.slice(0, 3))!.state, messages.slice(1))!;
    expect(texts(overlapping.fresh)).toBe('de');
  });

  it('are kept out all together if one of them is ahead of a gap, which may close', async () => {
    const { messages } = await five();
    const state = fresh();
    expect(refusal(state, messages.slice(1))).toBe('ahead');
    expect(refusal(state, [messages[0]!, messages[2]!])).toBe('ahead');
    expect(state.theirs).toEqual([]);
  });

  it('are refused if they fork the chain', async () => {
    const { messages } = await five();
    const taken = received(fresh(), messages.slice(0, 3))!;
    const fork = await rewritten(messages[2]!, {}, 'other');
    expect(refusal(taken.state, [fork])).toBe('refused');
    const onTheFork = await rewritten(messages[3]!, { prev: fork.id });
    expect(refusal(taken.state, [onTheFork])).toBe('refused');
    const first = await rewritten(messages[0]!, { prev: randomBytes(32) });
    expect(refusal(fresh(), [first])).toBe('refused');
  });

  it('of a place long past are not shown, whatever they say', async () => {
    const { messages } = await five();
    const taken = received(fresh(), messages)!;
    const late = await rewritten(messages[1]!, {}, 'I never wrote b');
    expect(received(taken.state, [late])?.fresh).toEqual([]);
  });

  it.each([0, -1])('are refused with the number %i', async (seq) => {
    const { messages } = await five();
    const odd = { ...messages[0]!, entry: { ...messages[0]!.entry, seq } };
    expect(refusal(fresh(), [odd])).toBe('refused');
  });

  it('are refused from anybody else, our own included, and from any other conversation (fault 16)', async () => {
    const { messages } = await five();
    const [first] = messages as [Message];
    for (const changes of [{ author: BOB }, { author: randomBytes(32) }, { conversation: randomBytes(32) }]) {
      expect(refusal(fresh(), [await rewritten(first, changes)])).toBe('refused');
      expect(refusal(fresh(), [first, await rewritten(messages[1]!, changes)])).toBe('refused');
    }
  });

  it('may go on in a new chain, as after a new installation, and then in it alone or in both', async () => {
    const [old, renewed] = [await five(), await wrote(fresh(), annsTalk, 'v', 'w')];
    const taken = received(fresh(), old.messages.slice(0, 3))!;
    const both = received(taken.state, renewed.messages)!;
    expect(texts(both.fresh)).toBe('vw');
    expect(theirHead(both.state, ANN)?.chain).toEqual(renewed.state.ours.chain);
    const back = received(both.state, old.messages)!;
    expect(texts(back.fresh)).toBe('de');
    expect(theirHead(back.state, ANN)?.chain).toEqual(old.state.ours.chain);
  });

  it('leave every state as it was, whatever came of them', async () => {
    const image = (state: LogState) =>
      JSON.stringify(state, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value as Bytes) : value));
    const { messages } = await five();
    const state = received(fresh(), messages.slice(0, 2))!.state;
    const before = image(state);
    received(state, messages);
    received(state, messages.slice(3));
    expect(image(state)).toBe(before);
  });

  it('in whatever order and however often, are taken as a run from the start, or not at all (fault 15)', async () => {
    const { messages } = await five();
    const arrivals = fc.array(fc.array(fc.nat(4), { maxLength: 6 }), { maxLength: 6 });
    fc.assert(
      fc.property(arrivals, (batches) => {
        let state = fresh();
        let shown = '';
        for (const batch of batches) {
          const taken = received(
            state,
            batch.map((index) => messages[index]!),
          );
          if (!taken) continue;
          state = taken.state;
          shown += texts(taken.fresh);
        }
        expect('abcde'.startsWith(shown)).toBe(true);
        expect(state.unread).toBe(shown.length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a message that is written', () => {
  it('chains on to the one before', async () => {
    const { state, messages } = await five();
    expect(messages.map(({ entry }) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(toHex(messages[0]!.entry.prev)).toBe('00'.repeat(32));
    for (const [index, message] of messages.entries()) {
      if (index > 0) expect(message.entry.prev).toEqual(messages[index - 1]!.id);
    }
    expect(state.ours.head).toEqual(messages[4]!.id);
    expect(new Set(messages.map(({ salt }) => toHex(salt))).size).toBe(5);
  });

  it('says how much of the other’s chain its author had', async () => {
    const { messages } = await five();
    const taken = received(fresh(), messages)!;
    const reply = await wrote(taken.state, bobsTalk, 'reply');
    expect(reply.messages[0]!.entry.head).toEqual(theirHead(taken.state, ANN));
  });
});
