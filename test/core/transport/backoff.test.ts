import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../app/core/transport/backoff.ts';

describe('the wait between attempts', () => {
  it('doubles up to the most, half of it left to chance', () => {
    for (let run = 0; run < 200; run++) {
      const backoff = new Backoff(500, 30_000);
      for (const full of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
        const wait = backoff.next();
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThanOrEqual(full);
      }
    }
  });

  it('spreads those out who lost the same server (fault 7)', () => {
    const waits = new Set(Array.from({ length: 50 }, () => new Backoff(500, 30_000).next()));
    expect(waits.size).toBeGreaterThan(25);
  });

  it('stays at the most however often it fails, and begins anew when told so', () => {
    const backoff = new Backoff(500, 30_000);
    for (let failure = 0; failure < 5000; failure++) backoff.next();
    expect(backoff.next()).toBeLessThanOrEqual(30_000);
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(500);
  });
});
