/** When a link is asked for a sign of life, and when it is taken for dead: with the clock in the test's hand. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from '../../../app/core/chat/heartbeat.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A heartbeat, and what it has done. */
function setUp() {
  const did = { asked: 0, dead: 0 };
  const heartbeat = new Heartbeat({ onask: () => did.asked++, ondead: () => did.dead++ });
  heartbeat.watch();
  /** What a pong brings. */
  const answers = () => {
    heartbeat.heard();
    return heartbeat.takePong();
  };
  return { heartbeat, did, answers };
}

const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

describe('a link on which nothing comes', () => {
  it('is asked after a quarter of a minute or half as much again, and taken for dead ten seconds later', () => {
    const { did } = setUp();
    pass(14.9);
    expect(did.asked).toBe(0);
    pass(7.7);
    expect(did).toEqual({ asked: 1, dead: 0 });
    pass(10);
    expect(did).toEqual({ asked: 1, dead: 1 });
  });

  it('is asked at moments that differ, so that mostly one side asks for both', () => {
    const moments = new Set(
      Array.from({ length: 20 }, () => {
        const { did } = setUp();
        let seconds = 0;
        for (; did.asked === 0; seconds += 0.1) pass(0.1);
        return Math.round(seconds * 10);
      }),
    );
    expect(moments.size).toBeGreaterThan(5);
  });

  it('costs no more than a ping in fifteen seconds while the other answers', () => {
    const { did, answers } = setUp();
    let answered = 0;
    for (let second = 0; second < 3600; second++) {
      pass(1);
      if (did.asked > answered && answers()) answered++;
    }
    expect(did.dead).toBe(0);
    expect(did.asked).toBeGreaterThan(3600 / 24);
    expect(did.asked).toBeLessThanOrEqual(3600 / 15);
  });

  it('is never asked while other things come', () => {
    const { heartbeat, did } = setUp();
    for (let minute = 0; minute < 600; minute++) {
      pass(6);
      heartbeat.heard();
    }
    expect(did).toEqual({ asked: 0, dead: 0 });
  });

  it('is asked sooner if something was sent that the other acknowledges at once', () => {
    const { heartbeat, did } = setUp();
    heartbeat.sent();
    pass(2);
    heartbeat.sent();
    pass(0.9);
    expect(did.asked).toBe(0);
    pass(0.1);
    expect(did.asked).toBe(1);
    pass(10);
    expect(did.dead).toBe(1);
  });

  it('survives a cut of three seconds, after which a channel sends again what was lost within seven', () => {
    const { heartbeat, did, answers } = setUp();
    heartbeat.sent();
    pass(3);
    expect(did.asked).toBe(1);
    pass(7);
    expect(answers()).toBe(true);
    pass(14);
    expect(did).toEqual({ asked: 1, dead: 0 });
  });
});

describe('a link that is doubted', () => {
  it('is asked at once and taken for dead after three seconds, unless anything comes', () => {
    const { heartbeat, did } = setUp();
    heartbeat.doubt();
    expect(did.asked).toBe(1);
    pass(2.9);
    heartbeat.heard();
    pass(3);
    expect(did.dead).toBe(0);
    heartbeat.doubt();
    pass(3);
    expect(did.dead).toBe(1);
  });

  it('is not asked again before it has answered: two pings that were held up could come as one flood', () => {
    const { heartbeat, did, answers } = setUp();
    for (let times = 0; times < 5; times++) {
      heartbeat.doubt();
      pass(2);
      heartbeat.heard();
    }
    expect(did.asked).toBe(1);
    expect(answers()).toBe(true);
    heartbeat.doubt();
    expect(did.asked).toBe(1);
    pass(1);
    expect(did.asked).toBe(2);
  });

  it('has its other, longer deadline shortened', () => {
    const { heartbeat, did } = setUp();
    pass(23);
    expect(did.asked).toBe(1);
    heartbeat.doubt();
    pass(3);
    expect(did.dead).toBe(1);
  });

  it('is asked once more rather than taken for dead when it was we who slept', () => {
    const { heartbeat, did } = setUp();
    heartbeat.doubt();
    const slept = performance.now() + 90_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(slept);
    pass(3);
    expect(did.dead).toBe(0);
    clock.mockReturnValue(slept + 3_000);
    pass(3);
    expect(did.dead).toBe(1);
  });

  it('is not asked any more once it has ended', () => {
    const { heartbeat, did } = setUp();
    heartbeat.doubt();
    heartbeat.stop();
    pass(600);
    expect(did).toEqual({ asked: 1, dead: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a pong', () => {
  it('is awaited once for each ping', () => {
    const { heartbeat, answers } = setUp();
    expect(answers()).toBe(false);
    heartbeat.doubt();
    expect([answers(), answers()]).toEqual([true, false]);
  });
});
