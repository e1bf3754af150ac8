/**
 * A peer whom we dialled, who came in honestly, and then sends the frames of old and new sessions and handshakes in whatever
 * order it likes. What may be taken is taken once, everything else ends the link, and nothing is taken after that.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_INBOX_FRAMES } from '../../../app/core/transport/inbox.ts';
import { inSession, sealBy } from '../../parts/handshakes.ts';
import { eventually } from '../../parts/eventually.ts';
import { hostileLink } from '../../parts/hostile-link.ts';
import { type HostilePeer, watchKeys } from '../../parts/hostile-peer.ts';

const HOUR = 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What Ann must have taken and said by now, by the rules. */
class Rules {
  readonly texts: string[] = [];
  readonly answers: string[] = [];
  commits = 0;
  broken = false;
  /** The only session of the peer's in which it may speak. */
  open = 0;
  /** Which message of a handshake she waits for. */
  waitsFor: 'nothing' | 'm2' | 'finished' = 'nothing';
}

type Act =
  | 'speak'
  | 'speak as before'
  | 'wait'
  | 'm2'
  | 'finished'
  | 'finished with a text'
  | 'repeat'
  | 'foreign'
  | 'first m2'
  | 'first finished'
  | 'm1'
  | 'noise';

/** What it does in one go: mostly what an honest peer would do, so that the rest meets every state. */
const ACTS: fc.Arbitrary<Act[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Act[]>(['wait', 'm2', 'finished'], ['wait', 'm2', 'speak', 'finished']) },
  { weight: 4, arbitrary: fc.constant<Act[]>(['speak']) },
  { weight: 1, arbitrary: fc.constantFrom<Act[]>(['wait'], ['wait', 'm2'], ['m2'], ['finished'], ['speak as before']) },
  { weight: 1, arbitrary: fc.constantFrom<Act[]>(['wait', 'm2', 'finished with a text'], ['wait', 'first m2']) },
  { weight: 1, arbitrary: fc.constantFrom<Act[]>(['repeat'], ['foreign'], ['first finished'], ['m1'], ['noise']) },
);

/** Does one thing, and says by the rules what must come of it. */
async function act(what: Act, eve: HostilePeer, rules: Rules, number: number, foreign: Bytes): Promise<void> {
  switch (what) {
    case 'speak':
      await eve.speak(rules.open, `text ${number}`);
      rules.texts.push(`text ${number}`);
      return;
    case 'speak as before':
      if (rules.open === 0) return;
      await eve.speak(rules.open - 1, `text ${number}`);
      break;
    case 'wait':
      vi.advanceTimersByTime(HOUR);
      // A handshake that is not answered ends the link.
      if (rules.waitsFor !== 'nothing') break;
      rules.answers.push('m1');
      rules.waitsFor = 'm2';
      return;
    case 'm2':
      if (rules.waitsFor !== 'm2') {
        await eve.send(eve.sent[1]!);
        break;
      }
      await eve.sendM2();
      rules.answers.push('m3');
      rules.waitsFor = 'finished';
      return;
    case 'finished':
      if (rules.waitsFor !== 'finished') {
        await eve.send(eve.sent[3]!);
        break;
      }
      await eve.sendFinished();
      rules.commits++;
      rules.answers.push('envelope');
      rules.waitsFor = 'nothing';
      rules.open++;
      return;
    case 'finished with a text':
      if (rules.waitsFor === 'finished') await eve.sendFinished('too early');
      else await eve.send(eve.sent[3]!);
      break;
    case 'repeat':
      await eve.send(eve.sent.at(-1)!);
      break;
    case 'foreign':
      await eve.sendAs('envelope', foreign);
      break;
    case 'first m2':
    case 'first finished':
      await eve.send(eve.sent[what === 'first m2' ? 1 : 3]!);
      break;
    case 'm1':
      await eve.sendM1();
      break;
    case 'noise':
      await eve.sendAs('m2', crypto.getRandomValues(new Uint8Array(3000)));
  }
  rules.broken = true;
}

describe('a peer whom we dialled and who keeps to nothing', () => {
  it('is heard as far as the rules go, and not a frame further, whatever it sends', async () => {
    const [, stranger] = await inSession('Ann', 'Bob');
    const { envelope: foreign } = await sealBy(stranger, { entries: new Uint8Array(0), rest: new Uint8Array(0) });
    const keys = watchKeys();
    await fc.assert(
      fc.asyncProperty(fc.array(ACTS, { minLength: 1, maxLength: 8, size: 'max' }), async (acts) => {
        const { eve, texts, listening, commits, closed } = await hostileLink('responder');
        keys.clear();
        const rules = new Rules();
        for (const [number, what] of acts.flat().entries()) {
          await act(what, eve, rules, number, foreign);
          if (rules.broken) break;
          await eventually(
            () => texts.length === rules.texts.length && eve.heard.length === rules.answers.length && !closed(),
          );
          if (rules.answers.at(-1) === 'envelope' && what === 'finished') await eve.open();
        }
        if (rules.broken) {
          await eventually(closed);
          await listening;
          // A link that has ended takes nothing any more, be it as sound as it may.
          await eve.speak(rules.open, 'too late');
        }
        expect(texts).toEqual(rules.texts);
        expect(eve.heard.map(({ kind }) => kind)).toEqual(rules.answers);
        expect(commits()).toBe(rules.commits);
        for (const used of [keys.wrapped, keys.unwrapped]) expect(new Set(used).size).toBe(used.length);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it.each(['m2', 'envelope'] as const)(
    'gets one answer to a flood of frames called %s, and the link ends',
    async (kind) => {
      const { eve, texts, listening, commits, closed } = await hostileLink('responder');
      vi.advanceTimersByTime(HOUR);
      await eventually(() => eve.heard.length === 1);
      await eve.sendM2();
      const payload = eve.sent.at(-1)!.slice(2);
      for (let times = 0; times < 2 * MAX_INBOX_FRAMES; times++) void eve.sendAs(kind, payload);
      await eventually(closed);
      await listening;
      expect(['m1', 'm1 m3']).toContain(eve.heard.map((frame) => frame.kind).join(' '));
      expect([texts, commits()]).toEqual([[], 0]);
    },
  );

  it('leaves no key and no timer behind, though the link ends while a fresh session is being kept', async () => {
    let kept: () => void = () => undefined;
    const { eve, link, commits, session } = await hostileLink(
      'responder',
      () => new Promise((resolve) => (kept = resolve)),
    );
    vi.advanceTimersByTime(HOUR);
    await eventually(() => eve.heard.length === 1);
    await eve.sendM2();
    await eventually(() => eve.heard.length === 2);
    await eve.sendFinished();
    await eventually(() => commits() === 1);
    link.close();
    kept();
    const { rootKey, sending, receiving } = session.ratchet;
    await eventually(() => [rootKey, sending.key, receiving.key].every((key) => key.every((byte) => byte === 0)));
    await eventually(() => vi.getTimerCount() === 0);
  });
});
