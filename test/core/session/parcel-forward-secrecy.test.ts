/**
 * Somebody who recorded every parcel is given both people's private RSA keys later, and the disk of the recipient with its
 * vault open: what was opened stays closed to them, once its keys are gone.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { prekeyOf, type Prekey } from '../../../app/core/crypto/prekey.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { openParcel } from '../../../app/core/session/open-parcel.ts';
import { decodeParcel } from '../../../app/core/session/parcel.ts';
import { sealParcel } from '../../../app/core/session/seal-parcel.ts';
import { DAY, identityOf, NOW } from '../../parts/identities.ts';
import { prekeysOf, published, type Published } from '../../parts/parcels.ts';

const body = { entries: utf8('entries'), rest: utf8('rest') };
let ann: Identity;
let bob: Published;

beforeAll(async () => {
  [ann, bob] = await Promise.all([identityOf('Ann'), published('Bob')]);
});

/** Every secret that a disk still holds of prekeys, its vault open: the last 96 bytes of any record long enough. */
async function secretsOn({ store }: Published): Promise<Bytes[]> {
  const records = await store.list('prekey/', 10_000);
  return records.flatMap(([, value]) => (value.length >= 97 ? [value.slice(-96)] : []));
}

/** Whether a parcel opens with any of these secrets as signed and as one-time prekey. */
async function opensByAny(at: Published, bytes: Bytes, secrets: readonly Bytes[]): Promise<boolean> {
  const parcel = decodeParcel(bytes)!;
  const trust = { mode: 'pinned', card: ann.card } as const;
  const prekeys = await Promise.all(secrets.map((secret) => prekeyOf(secret)));
  // `openParcel` overwrites what it is given.
  const copy = ({ x25519, kem }: Prekey) => ({ x25519, kem: { ...kem, secretKey: kem.secretKey.slice() } });
  const asSigned = prekeys.filter((one) => toHex(at.publication.bundle).includes(toHex(one.x25519.publicKey)));
  for (const signed of parcel.index === undefined ? prekeys : asSigned) {
    for (const oneTime of parcel.index === undefined ? [undefined] : prekeys) {
      const pair = { signed: copy(signed), oneTime: oneTime && copy(oneTime) };
      if (await openParcel(at.identity, parcel, pair, trust, NOW)) return true;
    }
  }
  return false;
}

describe('whoever has recorded a parcel, and gets both people’s private keys and the recipient’s open disk later', () => {
  it('opens it while its one-time key is there, and never again once it was opened', async () => {
    const parcel = (await sealParcel(ann, await prekeysOf(bob, 11), { mode: 'pinned' }, body))!;
    const before = await secretsOn(bob);
    expect(before).toHaveLength(51);
    expect(await opensByAny(bob, parcel, before)).toBe(true);
    await bob.store.write((await bob.prekeys.find(decodeParcel(parcel)!))!.spend);
    const after = await secretsOn(bob);
    expect(after).toHaveLength(50);
    expect(await opensByAny(bob, parcel, after)).toBe(false);
  });

  it('opens one without one-time key until the bundle’s own key is deleted, and never from then on', async () => {
    const dan = await published('Dan');
    const parcel = (await sealParcel(ann, await prekeysOf(dan, undefined), { mode: 'pinned' }, body))!;
    await dan.store.write((await dan.prekeys.find(decodeParcel(parcel)!))!.spend);
    await dan.prekeys.prune(NOW + 28 * DAY - 1);
    expect(await opensByAny(dan, parcel, await secretsOn(dan))).toBe(true);
    await dan.prekeys.prune(NOW + 28 * DAY);
    expect(await secretsOn(dan)).toEqual([]);
    expect(await opensByAny(dan, parcel, await secretsOn(dan))).toBe(false);
    expect([...dan.records.keys()].filter((place) => place.startsWith('prekey/'))).toEqual([]);
  });
});
