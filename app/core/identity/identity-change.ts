/**
 * An identity that changes: another name, or another wrapping key under a newer card. The signing key, and with it the
 * fingerprint, stays.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { signCard } from '../../../signal/wire/card.ts';
import { CLOCK_TOLERANCE } from '../../../signal/wire/limits.ts';
import { DAY } from '../../../signal/wire/time.ts';
import { wipe } from '../crypto/wipe.ts';
import { CARD_LIFETIME, exportKey, generateWrappingPair, nameOf, type Identity } from './identity.ts';
import {
  decodeIdentity,
  encodeIdentity,
  MAX_FORMER_KEYS,
  type FormerWrapping,
  type IdentityRecord,
} from './identity-record.ts';

/** How long a wrapping key that was replaced still opens what was sealed for it on its way. */
export const FORMER_KEY_LIFETIME = 28 * DAY;
/** How old a wrapping key becomes before it is replaced: as old as its card. */
const LONGEST_SERVICE = 365 * DAY;

/** The record with another name. @throws ChatError if it is none; DamagedRecord */
export function renamed(record: Bytes, name: string): Bytes {
  const known = decodeIdentity(record);
  const next = encodeIdentity({ ...known, name: nameOf(name) });
  wipeKeys(known);
  return next;
}

/**
 * The record with a fresh wrapping key under a newer card; the key before is kept for a while. The card's validity never
 * shrinks, so that a clock that goes wrong makes no card that others refuse once it goes right again.
 * @param identity - what the record holds. @throws DamagedRecord
 */
export async function withFreshKey(record: Bytes, { card, signKey }: Identity, now: number): Promise<Bytes> {
  const pair = await generateWrappingPair();
  const [wrappingKey, wrapping] = await Promise.all([
    exportKey('spki', pair.publicKey),
    exportKey('pkcs8', pair.privateKey),
  ]);
  const newer = {
    sequence: Math.max(now, card.sequence + 1),
    from: Math.min(now, card.from),
    until: Math.max(now + CARD_LIFETIME, card.until),
    capabilities: card.capabilities,
    signingKey: card.signingKey,
    wrappingKey,
  };
  const known = decodeIdentity(record);
  const former = [{ until: now + FORMER_KEY_LIFETIME, wrapping: known.wrapping }, ...stillServing(known.former, now)];
  const next = encodeIdentity({
    ...known,
    wrapping,
    card: await signCard(newer, signKey),
    former: former.slice(0, MAX_FORMER_KEYS),
  });
  wipeKeys(known);
  wipe(wrapping);
  return next;
}

/** The record without the former keys whose time is over; `undefined` if there are none. @throws DamagedRecord */
export function withoutSpentKeys(record: Bytes, now: number): Bytes | undefined {
  const known = decodeIdentity(record);
  const former = stillServing(known.former, now);
  const next = former.length < known.former.length ? encodeIdentity({ ...known, former }) : undefined;
  wipeKeys(known);
  return next;
}

/** Whether the wrapping key of a card has served long enough. */
export function isDue({ card }: Identity, now: number): boolean {
  return now - card.sequence > LONGEST_SERVICE;
}

function stillServing(former: readonly FormerWrapping[], now: number): readonly FormerWrapping[] {
  return former.filter(({ until }) => serves(until, now));
}

/** Whether a former key still serves; one whose end lies further off than any could has been dated by a wrong clock. */
export function serves(until: number, now: number): boolean {
  return now <= until && until <= now + FORMER_KEY_LIFETIME + CLOCK_TOLERANCE;
}

function wipeKeys({ signing, wrapping, former }: IdentityRecord): void {
  wipe(signing, wrapping, ...former.map((one) => one.wrapping));
}
