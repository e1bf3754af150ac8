/** Counters that say when someone has had enough: kept in memory, for this process only. */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import {
  LOOKUP_INTERVAL,
  LOOKUPS_PER_INTERVAL,
  MESSAGE_INTERVAL,
  MESSAGES_PER_INTERVAL,
  REFUSAL_INTERVAL,
  REFUSALS_PER_INTERVAL,
} from './wire/limits.ts';

/** So many points for each key in an interval (milliseconds), which its first point begins. */
export class Limiter {
  readonly #limiter: RateLimiterMemory;

  constructor(points: number, interval: number) {
    this.#limiter = new RateLimiterMemory({ points, duration: interval / 1000 });
  }

  /** Takes a point. @returns false if none was left. */
  async take(key: string): Promise<boolean> {
    return this.#limiter.consume(key).then(
      () => true,
      () => false,
    );
  }

  /** Whether every point has been taken. */
  async isSpent(key: string): Promise<boolean> {
    return (await this.#limiter.get(key))?.remainingPoints === 0;
  }

  async forget(key: string): Promise<void> {
    await this.#limiter.delete(key);
  }
}

export interface Limiters {
  /** Messages, by connection. */
  readonly messages: Limiter;
  /** Refused logins and wrong HTTP authorization, by address. */
  readonly refusals: Limiter;
  /** HTTP look-ups, by address. */
  readonly lookups: Limiter;
}

export function createLimiters(): Limiters {
  return {
    messages: new Limiter(MESSAGES_PER_INTERVAL, MESSAGE_INTERVAL),
    refusals: new Limiter(REFUSALS_PER_INTERVAL, REFUSAL_INTERVAL),
    lookups: new Limiter(LOOKUPS_PER_INTERVAL, LOOKUP_INTERVAL),
  };
}
