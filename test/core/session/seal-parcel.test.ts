/** Nothing is sealed for prekeys that are not the other's own, good, and sound. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openBundle, signBundle, type BundleFields } from '../../../signal/wire/bundle.ts';
import { concat, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard } from '../../../signal/wire/card.ts';
import { sha256, type PrivateKey } from '../../../signal/wire/keys.ts';
import { CLOCK_TOLERANCE, MAX_BUNDLE_LIFETIME } from '../../../signal/wire/limits.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { sealParcel, verifyPrekeys, type HandedPrekeys } from '../../../app/core/session/seal-parcel.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { cardOf, DAY, identityOf, NOW } from '../../parts/identities.ts';
import { handedOut, published, type Published } from '../../parts/parcels.ts';

let ann: Identity;
let eve: Identity;
let bob: Published;
let cat: Published;
let fields: BundleFields;

beforeAll(async () => {
  [ann, eve, bob, cat] = await Promise.all([identityOf('Ann'), identityOf('Eve'), published('Bob'), published('Cat')]);
  const { fingerprint, sequence, expiry, x25519, kem, oneTimeHashes } = (await openBundle(
    bob.publication.bundle,
    bob.identity.card.verifyKey,
  ))!;
  fields = { fingerprint, sequence, expiry, x25519, kem, oneTimeHashes };
});

/** What Ann makes of prekeys that are said to be Bob's. */
const verified = (handed: HandedPrekeys, now = NOW) => verifyPrekeys(bob.identity.card, handed, now);
const signedBy = async (signKey: PrivateKey, changes: Partial<BundleFields>): Promise<Bytes> =>
  signBundle({ ...fields, ...changes }, signKey);
const byBob = async (changes: Partial<BundleFields>) => signedBy(bob.identity.signKey, changes);

describe('prekeys that the server hands out', () => {
  it('are taken with a one-time key, and without one', async () => {
    const key = bob.publication.keys[49]!;
    const withKey = (await verified(handedOut(bob, 49)))!;
    expect(withKey.bundle.bytes).toEqual(bob.publication.bundle);
    expect(withKey.oneTime).toEqual({ index: 49, x25519: key.slice(0, 32), kem: key.slice(32) });
    expect((await verified(handedOut(bob, undefined)))?.oneTime).toBeUndefined();
  });

  it('are refused if somebody else signed them, or they are somebody else’s (fault 23)', async () => {
    expect(await verified({ bundle: await signedBy(eve.signKey, {}), oneTime: null })).toBeUndefined();
    expect(await verified(handedOut(cat, undefined))).toBeUndefined();
    expect(await verified({ bundle: await byBob({ fingerprint: cat.identity.card.fingerprint }), oneTime: null })).toBe(
      undefined,
    );
    expect(await verified({ bundle: flipBit(bob.publication.bundle, 8 * 60), oneTime: null })).toBeUndefined();
    expect(await verified({ bundle: randomBytes(3000), oneTime: null })).toBeUndefined();
  });

  it('are refused once they have expired, and if they would never, by a clock that may be a day off', async () => {
    const handed = handedOut(bob, undefined);
    expect(fields.expiry).toBe(NOW + MAX_BUNDLE_LIFETIME);
    expect(await verified(handed, fields.expiry + CLOCK_TOLERANCE)).toBeDefined();
    expect(await verified(handed, fields.expiry + CLOCK_TOLERANCE + 1)).toBeUndefined();
    const longest = { expiry: NOW + MAX_BUNDLE_LIFETIME + CLOCK_TOLERANCE };
    expect(await verified({ bundle: await byBob(longest), oneTime: null })).toBeDefined();
    expect(await verified({ bundle: await byBob({ expiry: longest.expiry + 1 }), oneTime: null })).toBeUndefined();
  });

  it('are refused with a one-time key that the bundle does not name at its index (fault 23)', async () => {
    const { bundle, oneTime } = handedOut(bob, 7);
    const { key } = oneTime!;
    for (const wrong of [
      { index: 8, key },
      { index: 50, key },
      { index: 7, key: flipBit(key, 1) },
      { index: 7, key: cat.publication.keys[7]! },
      { index: 7, key: concat(key, Uint8Array.of(0)) },
      { index: 7, key: key.slice(1) },
    ]) {
      expect(await verified({ bundle, oneTime: wrong })).toBeUndefined();
    }
  });

  it('are refused for a card that has expired', async () => {
    const card = (await openCard(await cardOf('Bob', { from: NOW - 9 * DAY, until: NOW - 2 * DAY })))!;
    expect(await verifyPrekeys(card, handedOut(bob, 1), NOW)).toBeUndefined();
  });
});

describe('a parcel', () => {
  const body = { entries: utf8('entries'), rest: utf8('rest') };

  it.each<[string, (sound: Bytes) => Bytes]>([
    ['X25519 is of low order', (sound) => concat(new Uint8Array(32), sound.slice(32))],
    [
      'X25519 is of low order, though not zero',
      (sound) => concat(Uint8Array.of(1), new Uint8Array(31), sound.slice(32)),
    ],
    ['ML-KEM is above its modulus', (sound) => concat(sound.slice(0, 32), new Uint8Array(1184).fill(255))],
  ])('is not sealed for a key of which %s', async (_, damage) => {
    const sound = bob.publication.keys[0]!;
    const bad = damage(sound);
    const ofSigned = { x25519: bad.slice(0, 32), kem: bad.slice(32) };
    const signed = (await verified({ bundle: await byBob(ofSigned), oneTime: null }))!;
    expect(await sealParcel(ann, signed, { mode: 'pinned' }, body)).toBeUndefined();
    const bundle = await byBob({ oneTimeHashes: [await sha256(bad)] });
    const oneTime = (await verified({ bundle, oneTime: { index: 0, key: bad } }))!;
    expect(await sealParcel(ann, oneTime, { mode: 'pinned' }, body)).toBeUndefined();
  });
});
