import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import {
  acknowledgementsOf,
  isLeft,
  LEFT_AGAIN_AFTER,
  missingOf,
  receiveAcknowledgements,
  withAllRead,
  withLeft,
} from '../../../app/core/log/acknowledge.ts';
import type { Acknowledgement } from '../../../app/core/log/acknowledgement.ts';
import { receiveMessages, resumeChains, type Conversation } from '../../../app/core/log/append.ts';
import type { Message } from '../../../app/core/log/batch.ts';
import { MAX_CHAINS, ownChains, remainderOf, restoredState, type LogState } from '../../../app/core/log/log-state.ts';
import { ANN, BOB, fresh, headOf, rewritten, talkOf, upTo, wrote } from '../../parts/conversations.ts';

let annsTalk: Conversation;
let bobsTalk: Conversation;
/** Five messages by Ann, and her state after them. */
let anns: LogState;
let messages: Message[];

beforeAll(async () => {
  [annsTalk, bobsTalk] = await Promise.all([talkOf(ANN, BOB), talkOf(BOB, ANN)]);
  ({ state: anns, messages } = await wrote(fresh(), annsTalk, 'a', 'b', 'c', 'd', 'e'));
});

/** What Bob has once he has received messages of Ann's. */
function bobWith(some: readonly Message[], before = fresh()): LogState {
  const taken = receiveMessages(before, bobsTalk, some, 10_000);
  if (typeof taken === 'string') throw new Error(taken);
  return taken.state;
}
/** What Ann makes of what is said of her chains. */
const told = (state: LogState, ...all: Acknowledgement[]) => receiveAcknowledgements(state, ANN, all);
const restored = (state: LogState) => restoredState(state, randomBytes(16));

describe('an acknowledgement', () => {
  it('moves on what is delivered, and never back', () => {
    const half = acknowledgementsOf(bobWith(messages.slice(0, 3)), ANN, true);
    const whole = acknowledgementsOf(bobWith(messages), ANN, true);
    const once = told(anns, ...half)!;
    expect(once.ours.delivered).toBe(3);
    const twice = told(once, ...whole)!;
    expect(twice.ours.delivered).toBe(5);
    expect(told(twice, ...half)).toBe(twice);
    expect(told(twice, ...whole)).toBe(twice);
  });

  it('is refused for what was never written, with all that comes with it', () => {
    const sound = upTo(messages[2]!);
    const claim = { ...headOf(anns, ANN), seq: 6, read: 0 };
    expect(told(anns, claim)).toBeUndefined();
    expect(told(anns, { ...sound, chain: randomBytes(16) }, claim)).toBeUndefined();
  });

  it('is refused with another head than ours, also of what is delivered', () => {
    const other = { ...headOf(anns, ANN), head: randomBytes(32), read: 0 };
    expect(told(anns, other)).toBeUndefined();
    expect(told(told(anns, upTo(messages[4]!))!, other)).toBeUndefined();
  });

  it('is refused if it is about somebody else, us not being meant', () => {
    expect(told(anns, { ...headOf(anns, BOB), read: 0 })).toBeUndefined();
    expect(told(anns, upTo(messages[0]!), { ...headOf(anns, randomBytes(32)), read: 0 })).toBeUndefined();
  });

  it('of a chain that is forgotten changes nothing', () => {
    expect(told(anns, { ...headOf(anns, ANN), chain: randomBytes(16), read: 0 })).toBe(anns);
  });

  it('is given for every chain of the other’s', async () => {
    const other = await wrote(fresh(), annsTalk, 'v', 'w');
    const bobs = bobWith([...messages.slice(0, 3), ...other.messages]);
    const all = acknowledgementsOf(bobs, ANN, true);
    expect(all).toEqual([upTo(messages[2]!), upTo(other.messages[1]!)]);
  });
});

describe('what was read', () => {
  it('is what was marked, and told up to there', () => {
    const bobs = bobWith(messages.slice(0, 3));
    expect(told(anns, ...acknowledgementsOf(bobs, ANN, true))!.ours.read).toBe(0);
    const read = bobWith(messages, withAllRead(bobs, bobs, true));
    const after = told(anns, ...acknowledgementsOf(read, ANN, true))!;
    expect(after.ours).toMatchObject({ delivered: 5, read: 3 });
    // A word that is older does not take it back.
    expect(told(after, upTo(messages[4]!))).toBe(after);
  });

  it('does not hold what came after it was shown', () => {
    const shown = bobWith(messages.slice(0, 2));
    const read = withAllRead(bobWith(messages, shown), shown, true);
    expect(read.unread).toBe(0);
    expect(acknowledgementsOf(read, ANN, true)[0]).toMatchObject({ seq: 5, read: 2 });
  });

  it('is told to nobody while that is turned off, nor afterwards what was read then', () => {
    const bobs = bobWith(messages.slice(0, 3));
    const hidden = withAllRead(bobs, bobs, false);
    expect(hidden.unread).toBe(0);
    expect(acknowledgementsOf(hidden, ANN, true)[0]!.read).toBe(0);
    const open = withAllRead(bobs, bobs, true);
    expect(acknowledgementsOf(open, ANN, false)[0]!.read).toBe(0);
  });

  it('is never believed beyond what is delivered', () => {
    // The decoder refuses more read than has come; beyond that, what counts is what was written.
    const after = told(anns, upTo(messages[1]!, 2))!;
    expect(after.ours).toMatchObject({ delivered: 2, read: 2 });
    const former = restored({ ...anns, ours: { ...anns.ours } });
    const claim = { ...headOf(anns, ANN), seq: 9, head: randomBytes(32), read: 9 };
    expect(told(former, claim)!.former[0]).toMatchObject({ seq: 5, delivered: 5, read: 5, missing: 4 });
  });
});

describe('after a restore', () => {
  it('what was not acknowledged of the chain before still may be', () => {
    const after = told(restored(anns), upTo(messages[3]!, 1))!;
    expect(after.former).toHaveLength(1);
    expect(after.former[0]).toMatchObject({ delivered: 4, read: 1 });
    expect(after.ours).toMatchObject({ seq: 0, delivered: 0 });
    expect(missingOf(after)).toBe(0);
  });

  it('it shows that the backup was old when the other has more, and counts once', async () => {
    const lost = await wrote(anns, annsTalk, 'f', 'g');
    const word = upTo(lost.messages[1]!, 6);
    const after = told(restored(anns), word)!;
    expect(missingOf(after)).toBe(2);
    expect(after.former[0]).toMatchObject({ delivered: 5, read: 5 });
    expect(told(after, word)).toBe(after);
  });

  it('the newest chain is held to what was written all the same', () => {
    const state = restored(anns);
    const claim = { ...headOf(state, ANN), seq: 1, head: randomBytes(32), read: 0 };
    expect(told(state, claim)).toBeUndefined();
  });

  it('another head in the place of our last one is refused', () => {
    expect(told(restored(anns), { ...headOf(anns, ANN), head: randomBytes(32), read: 0 })).toBeUndefined();
  });

  it('a chain that was begun after the backup is missing whole', async () => {
    const between = await wrote(restored(anns), annsTalk, 'x', 'y', 'z');
    // The same backup once more.
    const after = told(restored(anns), upTo(between.messages[2]!))!;
    expect(missingOf(after)).toBe(3);
    expect(told(after, upTo(between.messages[2]!))).toBe(after);
  });

  it('a chain of a conversation that was deleted before the backup is not taken for missing', () => {
    const backup = restored(remainderOf(anns, randomBytes(16)));
    expect(told(backup, upTo(messages[4]!))).toBe(backup);
  });

  it('remembers sixteen former chains, and lets go of those first of which nothing is to be sent', () => {
    let state = told(anns, upTo(messages[2]!))!;
    const { chain } = state.ours;
    for (let times = 0; times < MAX_CHAINS + 4; times++) state = restored(state);
    expect(state.former).toHaveLength(MAX_CHAINS);
    expect(state.former[0]!.chain).toEqual(chain);
    // Nobody makes us remember more than that.
    const claims = Array.from({ length: 20 }, () => ({
      ...headOf(state, ANN),
      chain: randomBytes(16),
      seq: 1,
      read: 0,
    }));
    expect(told(state, ...claims)).toBe(state);
  });

  it('the other’s chain is taken up where they go on, once', async () => {
    const more = await wrote(anns, annsTalk, 'f', 'g', 'h', 'i');
    const bobs = restored(bobWith(messages.slice(0, 3)));
    const ahead = more.messages.slice(1, 2);
    expect(receiveMessages(bobs, bobsTalk, ahead, 10_000)).toBe('ahead');
    const { state, lost } = resumeChains(bobs, bobsTalk, ahead)!;
    expect(lost).toBe(3);
    const taken = bobWith(ahead, state);
    expect(taken.theirs).toHaveLength(1);
    expect(taken).toMatchObject({ unread: 4 });
    // From then on nothing is passed over.
    expect(resumeChains(taken, bobsTalk, more.messages.slice(3))).toBeUndefined();
    expect(receiveMessages(taken, bobsTalk, more.messages.slice(3), 10_000)).toBe('ahead');
  });

  it('nothing is passed over within what comes, nor once the chain has gone on', () => {
    const bobs = restored(bobWith(messages.slice(0, 2)));
    const gap = [messages[2]!, messages[4]!];
    expect(receiveMessages(bobs, bobsTalk, gap, 10_000)).toBe('ahead');
    expect(resumeChains(bobs, bobsTalk, gap)).toBeUndefined();
    const onward = bobWith([messages[2]!], bobs);
    expect(resumeChains(onward, bobsTalk, [messages[4]!])).toBeUndefined();
  });

  it('a chain that the backup does not know is taken up, too; without a restore it is not', async () => {
    expect(resumeChains(fresh(), bobsTalk, messages.slice(2))).toBeUndefined();
    const { state, lost } = resumeChains(restored(fresh()), bobsTalk, messages.slice(2))!;
    expect(lost).toBe(2);
    expect(bobWith(messages.slice(2), state).unread).toBe(3);
  });

  it('nothing is passed over for anybody else, or in another conversation', async () => {
    const bobs = restored(bobWith(messages.slice(0, 2)));
    for (const changes of [{ author: BOB }, { conversation: randomBytes(32) }]) {
      expect(resumeChains(bobs, bobsTalk, [await rewritten(messages[3]!, changes)])).toBeUndefined();
    }
  });
});

describe('what was left on the server', () => {
  it('is a run of what is not delivered, and counts from when its first was left', () => {
    const once = withLeft(anns, messages.slice(0, 2), 1000);
    expect(once.ours.left).toEqual({ seq: 2, time: 1000 });
    const twice = withLeft(once, messages.slice(2), 2000);
    expect(twice.ours.left).toEqual({ seq: 5, time: 1000 });
    expect(isLeft(twice.ours, 5, 2000)).toBe(true);
    expect(isLeft(twice.ours, 6, 2000)).toBe(false);
    expect(isLeft(twice.ours, 1, 1000 + LEFT_AGAIN_AFTER - 1)).toBe(true);
  });

  it('is due again after a day, or where the clock was put back as much', () => {
    const { ours } = withLeft(anns, messages, LEFT_AGAIN_AFTER);
    expect(isLeft(ours, 5, 2 * LEFT_AGAIN_AFTER)).toBe(false);
    expect(isLeft(ours, 5, 0)).toBe(false);
    const again = withLeft({ ...anns, ours }, messages, 2 * LEFT_AGAIN_AFTER);
    expect(again.ours.left).toEqual({ seq: 5, time: 2 * LEFT_AGAIN_AFTER });
  });

  it('counts anew where what was left before has been delivered', () => {
    const once = told(withLeft(anns, messages.slice(0, 2), 1000), upTo(messages[1]!))!;
    expect(withLeft(once, messages.slice(2), 2000).ours.left).toEqual({ seq: 5, time: 2000 });
  });

  it('is known of former chains and the newest apart, and never of what was not written', async () => {
    const next = await wrote(restored(anns), annsTalk, 'x');
    const state = withLeft(next.state, [...messages.slice(3), ...next.messages], 1000);
    expect(ownChains(state).map(({ left }) => left.seq)).toEqual([5, 1]);
    const foreign = await wrote(anns, annsTalk, 'f');
    expect(withLeft(state, foreign.messages, 2000)).toBe(state);
  });
});

describe('whatever is said, in any order', () => {
  it('what is read is delivered, what is delivered was written, and none of it goes back', () => {
    const word = fc.record({ chain: fc.nat(2), seq: fc.integer({ min: 1, max: 8 }), part: fc.nat(8) });
    const chains = [anns.ours, restored(anns).ours, restored(anns).ours];
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        let state: LogState = { ...anns, ours: chains[1]!, former: [anns.ours] };
        for (const { chain, seq, part } of words) {
          const head = messages[seq - 1]?.id ?? new Uint8Array(32);
          const said = { author: ANN, chain: chains[chain]!.chain, seq, head, read: Math.min(part, seq) };
          const next = told(state, said);
          if (!next) continue;
          for (const [index, own] of ownChains(next).entries()) {
            const before = ownChains(state).find(({ chain: id }) => id === own.chain);
            expect(own.read).toBeLessThanOrEqual(own.delivered);
            expect(own.delivered).toBeLessThanOrEqual(own.seq);
            expect(own.delivered).toBeGreaterThanOrEqual(before?.delivered ?? 0);
            expect(own.read).toBeGreaterThanOrEqual(before?.read ?? 0);
            if (index === ownChains(next).length - 1) expect(own.missing).toBe(0);
          }
          state = next;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
