/**
 * A peer who dialled us, came in honestly, and then sends the frames of old and new sessions and handshakes in whatever order
 * it likes. What may be taken is taken once, everything else ends the link, and nothing is taken after that.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_INBOX_FRAMES } from '../../../app/core/transport/inbox.ts';
import { eventually } from '../../parts/eventually.ts';
import { hostileLink } from '../../parts/hostile-link.ts';
import { type HostilePeer, watchKeys } from '../../parts/hostile-peer.ts';
import { inSession, sealBy } from '../../parts/handshakes.ts';

const HALF_AN_HOUR = 30 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What Bob must have taken and said by now, by the rules. */
class Rules {
  readonly texts: string[] = [];
  readonly answers: string[] = [];
  commits = 0;
  broken = false;
  /** Which of the peer's sessions are open to it, the newest last. */
  open = [0];
  /** How often half an hour has gone by in this session. */
  waits = 0;
  /** `stale`: the handshake was begun by an old M1, and nobody can end it. */
  handshake: 'none' | 'answered' | 'stale' = 'none';
}

type Act =
  'speak' | 'speak as before' | 'm1' | 'm3' | 'wait' | 'repeat' | 'foreign' | 'first m1' | 'first m2' | 'noise';

/** What it does in one go: mostly what an honest peer would do, so that the rest meets every state. */
const ACTS: fc.Arbitrary<Act[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Act[]>(['wait', 'm1', 'm3', 'speak'], ['wait', 'm1', 'speak', 'm3']) },
  { weight: 5, arbitrary: fc.constantFrom<Act[]>(['speak'], ['speak as before']) },
  { weight: 1, arbitrary: fc.constantFrom<Act[]>(['wait', 'm1'], ['m1'], ['m3'], ['wait'], ['wait', 'first m1']) },
  { weight: 1, arbitrary: fc.constantFrom<Act[]>(['repeat'], ['foreign'], ['first m1'], ['first m2'], ['noise']) },
);

/** Does one thing, and says by the rules what must come of it. */
async function act(what: Act, eve: HostilePeer, rules: Rules, number: number, foreign: Bytes): Promise<void> {
  const newest = rules.open.at(-1)!;
  switch (what) {
    case 'speak':
    case 'speak as before': {
      const index = what === 'speak' ? newest : newest - 1;
      if (index < 0) return;
      await eve.speak(index, `text ${number}`);
      if (!rules.open.includes(index)) break;
      rules.texts.push(`text ${number}`);
      if (index === newest) rules.open = [newest];
      return;
    }
    case 'm1':
    case 'first m1': {
      await (what === 'm1' ? eve.sendM1() : eve.send(eve.sent[0]!));
      if (rules.waits === 0 || rules.handshake !== 'none') break;
      rules.answers.push('m2');
      rules.handshake = what === 'm1' ? 'answered' : 'stale';
      return;
    }
    case 'm3':
      if (rules.handshake !== 'answered') {
        await eve.send(eve.sent[2]!);
        break;
      }
      await eve.sendM3();
      rules.commits++;
      rules.answers.push('envelope');
      rules.handshake = 'none';
      rules.waits = 0;
      rules.open = [newest, newest + 1];
      return;
    case 'wait':
      vi.advanceTimersByTime(HALF_AN_HOUR + 1);
      // A session that nobody has renewed lasts no longer than 65 minutes, and one that was, a minute.
      if (++rules.waits === 3 || rules.open.length === 2) break;
      return;
    case 'repeat':
      await eve.send(eve.sent.at(-1)!);
      // The last frame of the first handshake, or its own last one: taken once, and never again.
      break;
    case 'foreign':
      await eve.sendAs('envelope', foreign);
      break;
    case 'first m2':
      await eve.send(eve.sent[1]!);
      break;
    case 'noise':
      await eve.sendAs('m3', crypto.getRandomValues(new Uint8Array(2000)));
  }
  rules.broken = true;
}

describe('a peer who dialled us and keeps to nothing', () => {
  it('is heard as far as the rules go, and not a frame further, whatever it sends (fault 16)', async () => {
    const [stranger] = await inSession('Ann', 'Bob');
    const { envelope: foreign } = await sealBy(stranger, { entries: new Uint8Array(0), rest: new Uint8Array(0) });
    const keys = watchKeys();
    await fc.assert(
      fc.asyncProperty(fc.array(ACTS, { minLength: 1, maxLength: 8, size: 'max' }), async (acts) => {
        const { eve, texts, listening, commits, closed } = await hostileLink('initiator');
        keys.clear();
        const rules = new Rules();
        for (const [number, what] of acts.flat().entries()) {
          await act(what, eve, rules, number, foreign);
          if (rules.broken) break;
          await eventually(
            () => texts.length === rules.texts.length && eve.heard.length === rules.answers.length && !closed(),
          );
          if (what === 'm3' && rules.answers.at(-1) === 'envelope') await eve.open();
        }
        if (rules.broken) {
          await eventually(closed);
          await listening;
          // A link that has ended takes nothing any more, be it as sound as it may.
          await eve.speak(rules.open.at(-1)!, 'too late');
          await eve.sendM1();
        }
        expect(texts).toEqual(rules.texts);
        expect(eve.heard.map(({ kind }) => kind)).toEqual(rules.answers);
        expect(commits()).toBe(rules.commits);
        for (const used of [keys.wrapped, keys.unwrapped]) expect(new Set(used).size).toBe(used.length);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('gets one answer to a flood of M1, and the link ends (fault 17)', async () => {
    const { eve, texts, listening, commits, closed } = await hostileLink('initiator');
    vi.advanceTimersByTime(HALF_AN_HOUR + 1);
    await eve.sendM1();
    const m1 = eve.sent.at(-1)!;
    for (let times = 0; times < 2 * MAX_INBOX_FRAMES; times++) void eve.send(m1);
    await eventually(closed);
    await listening;
    expect(eve.heard.length).toBeLessThanOrEqual(1);
    expect([texts, commits()]).toEqual([[], 0]);
  });

  it('leaves no key and no timer behind, though the link ends while a fresh session is being kept', async () => {
    let kept: () => void = () => undefined;
    const { eve, link, commits, session } = await hostileLink(
      'initiator',
      () => new Promise((resolve) => (kept = resolve)),
    );
    vi.advanceTimersByTime(HALF_AN_HOUR + 1);
    await eve.sendM1();
    await eventually(() => eve.heard.length === 1);
    await eve.sendM3();
    await eventually(() => commits() === 1);
    link.close();
    kept();
    const { rootKey, sending, receiving } = session.ratchet;
    await eventually(() => [rootKey, sending.key, receiving.key].every((key) => key.every((byte) => byte === 0)));
    await eventually(() => vi.getTimerCount() === 0);
  });
});
