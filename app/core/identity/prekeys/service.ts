/** How long a bundle of ours is published, and how long its private keys are kept. Times are unix ms, by our clock. */
import { CLOCK_TOLERANCE, MAX_PARCEL_LIFETIME } from '../../../../signal/wire/limits.ts';
import { DAY, HOUR } from '../../../../signal/wire/time.ts';

/** How long a bundle is published before the next one takes its place. */
const BUNDLE_SERVICE = 7 * DAY;
/** The least from making one bundle to making the next. */
const SHORTEST_SERVICE = HOUR;
/** One-time keys left at the server, below which a bundle is replaced earlier. */
const FEWEST_LEFT = 10;
/** How long private prekeys are kept after a newer bundle was made: as long as a parcel may wait. */
const KEPT_AFTER_REPLACEMENT = MAX_PARCEL_LIFETIME;
/** How long they are kept at all. */
const LONGEST_KEPT = 28 * DAY;
/** Bundles whose private keys are kept; of more, the oldest go. */
export const MAX_OWN_BUNDLES = 16;

/** What the server has of ours: its answer `stock`. */
export interface Stock {
  readonly sequence: number;
  readonly left: number;
}

/** A bundle in time. */
export interface Dated {
  readonly sequence: number;
  readonly made: number;
}

/** Whether the newest bundle has served its time; one dated by a clock that was ahead would serve too long. */
export function hasServed({ made }: Dated, now: number): boolean {
  return now - made >= BUNDLE_SERVICE || made - now > CLOCK_TOLERANCE;
}

/**
 * Whether a bundle that has not served its time is replaced all the same: the server has few keys of it left, or another
 * bundle. @param isFull - it opens no more parcels without one-time key
 */
export function isShort({ sequence, made }: Dated, stock: Stock, isFull: boolean, now: number): boolean {
  return (stock.sequence !== sequence || stock.left < FEWEST_LEFT || isFull) && now - made >= SHORTEST_SERVICE;
}

/** The sequence of the next bundle. */
export function nextSequence(newest: Dated | undefined, stock: Stock, now: number): number {
  // A server that names a number from far ahead would have us make one that outlives our clock.
  const theirs = stock.sequence <= now + CLOCK_TOLERANCE ? stock.sequence : 0;
  return Math.max(now, theirs + 1, (newest?.sequence ?? 0) + 1);
}

/** Those of our bundles, given the newest last, whose private keys are to go. */
export function overdue<B extends Dated>(bundles: readonly B[], now: number): B[] {
  return bundles.filter(({ made }, place) => {
    const next = bundles[place + 1];
    const replaced = next !== undefined && now - next.made >= KEPT_AFTER_REPLACEMENT;
    return replaced || now - made >= LONGEST_KEPT || place < bundles.length - MAX_OWN_BUNDLES;
  });
}
