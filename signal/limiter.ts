/** Counters that say when someone has had enough: kept in memory, for this process only. */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import {
  ADDRESS_POINTS_PER_INTERVAL,
  BACKUP_REQUEST_INTERVAL,
  BACKUP_REQUESTS_PER_INTERVAL,
  CLAIM_INTERVAL,
  CLAIMS_PER_INTERVAL,
  FIND_INTERVAL,
  FINDS_PER_INTERVAL,
  LOOKUP_INTERVAL,
  LOOKUPS_PER_INTERVAL,
  NEWCOMER_INTERVAL,
  NEWCOMERS_PER_INTERVAL,
  ONE_TIME_KEYS_INTERVAL,
  ONE_TIME_KEYS_PER_INTERVAL,
  POINT_INTERVAL,
  POINTS_PER_INTERVAL,
  PREKEYS_INTERVAL,
  PREKEYS_PER_INTERVAL,
  REFUSAL_INTERVAL,
  REFUSALS_PER_INTERVAL,
  STORED_BYTES_PER_INTERVAL,
  STORED_INTERVAL,
} from './wire/limits.ts';

/** So many points for each key in an interval (milliseconds), which its first point begins. */
export class Limiter {
  readonly #limiter: RateLimiterMemory;

  constructor(points: number, interval: number) {
    this.#limiter = new RateLimiterMemory({ points, duration: interval / 1000 });
  }

  /** Takes points, at once: whoever asks next finds them gone. @returns false if there were not as many left. */
  async take(key: string, points = 1): Promise<boolean> {
    return this.#limiter.consume(key, points).then(
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
  /** What messages and control frames cost, by connection; and by address. */
  readonly points: Limiter;
  readonly addressPoints: Limiter;
  /** Refused logins and wrong HTTP authorization, by address. */
  readonly refusals: Limiter;
  /** HTTP look-ups, by address. */
  readonly lookups: Limiter;
  /** Identities not seen before, by address. */
  readonly newcomers: Limiter;
  /** Claims of handles, and look-ups of them, by address. */
  readonly claims: Limiter;
  readonly finds: Limiter;
  /** Prekeys handed out, by address; and one-time ones, by whose they are and who asks. */
  readonly prekeys: Limiter;
  readonly oneTimeKeys: Limiter;
  /** HTTP requests for backups, by address. */
  readonly backupRequests: Limiter;
  /** Bytes of parcels and backups, by address. */
  readonly stored: Limiter;
}

export function createLimiters(): Limiters {
  return {
    points: new Limiter(POINTS_PER_INTERVAL, POINT_INTERVAL),
    addressPoints: new Limiter(ADDRESS_POINTS_PER_INTERVAL, POINT_INTERVAL),
    refusals: new Limiter(REFUSALS_PER_INTERVAL, REFUSAL_INTERVAL),
    lookups: new Limiter(LOOKUPS_PER_INTERVAL, LOOKUP_INTERVAL),
    newcomers: new Limiter(NEWCOMERS_PER_INTERVAL, NEWCOMER_INTERVAL),
    claims: new Limiter(CLAIMS_PER_INTERVAL, CLAIM_INTERVAL),
    finds: new Limiter(FINDS_PER_INTERVAL, FIND_INTERVAL),
    prekeys: new Limiter(PREKEYS_PER_INTERVAL, PREKEYS_INTERVAL),
    oneTimeKeys: new Limiter(ONE_TIME_KEYS_PER_INTERVAL, ONE_TIME_KEYS_INTERVAL),
    backupRequests: new Limiter(BACKUP_REQUESTS_PER_INTERVAL, BACKUP_REQUEST_INTERVAL),
    stored: new Limiter(STORED_BYTES_PER_INTERVAL, STORED_INTERVAL),
  };
}
