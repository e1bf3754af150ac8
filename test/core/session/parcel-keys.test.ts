/**
 * What a parcel's keys are made of, spelled out from the protocol's page: held against the product's own, and tried with
 * one part missing, as by somebody who recorded everything, has both people's private RSA keys, and came to know the rest.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../../../signal/wire/bundle.ts';
import { concat, lp, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { label, sha256 } from '../../../signal/wire/keys.ts';
import { diffieHellman } from '../../../app/core/crypto/dh.ts';
import { decapsulate } from '../../../app/core/crypto/kem.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { openEnvelope } from '../../../app/core/envelope/envelope.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import type { Trust } from '../../../app/core/session/open-parcel.ts';
import { decodeParcel } from '../../../app/core/session/parcel.ts';
import { sealParcel, type SealingMode } from '../../../app/core/session/seal-parcel.ts';
import { forgeParcel, introducedTo, messageKeyOf, ZEROS, type SpelledOut } from '../../parts/forged-parcels.ts';
import { identityOf } from '../../parts/identities.ts';
import { prekeysOf, published, tryToOpen, type Published } from '../../parts/parcels.ts';

const body = { entries: utf8('entries'), rest: utf8('rest') };
const invite = { mode: 'invite', inviteId: randomBytes(32), psk: randomBytes(32) } as const;
let ann: Identity;
let eve: Identity;
let bob: Published;

beforeAll(async () => {
  [ann, eve, bob] = await Promise.all([identityOf('Ann'), identityOf('Eve'), published('Bob')]);
});

/** The content of a parcel, for whoever has both private RSA keys, to whom these parts of its secret are known. */
async function readWith(parts: readonly Bytes[], { bytes, transcript, id }: SpelledOut) {
  const { envelope } = decodeParcel(bytes)!;
  const messageKey = await messageKeyOf(parts, transcript, id);
  const parties = { sender: ann.card.fingerprint, recipient: bob.identity.card.fingerprint };
  const keys = { messageKey, decryptKey: bob.identity.decryptKey, verifyKey: ann.card.verifyKey };
  return openEnvelope(parties, envelope, keys);
}

/** A parcel as the product seals it, with every secret that went into it. */
async function sealed(mode: SealingMode, index: number | undefined): Promise<SpelledOut> {
  const bytes = (await sealParcel(ann, await prekeysOf(bob, index), mode, body))!;
  const parcel = decodeParcel(bytes)!;
  const { signed, oneTime } = (await bob.prekeys.find(parcel))!.prekeys;
  const parts = [
    (await diffieHellman(signed.x25519, parcel.ephemeral))!,
    oneTime ? (await diffieHellman(oneTime.x25519, parcel.ephemeral))! : ZEROS,
    decapsulate((oneTime ?? signed).kem.secretKey, parcel.kemCiphertext)!,
    mode.mode === 'invite' ? mode.psk : ZEROS,
  ];
  const transcript = await sha256(concat(label('parcel'), bytes.slice(0, 1251)));
  const id = await sha256(concat(label('parcel-id'), transcript, lp(parcel.introduction)));
  return { bytes, transcript, introduction: parcel.introduction, id, parts };
}

describe.each<[string, SealingMode, number | undefined]>([
  ['a parcel with a one-time key', { mode: 'pinned' }, 3],
  ['a parcel without one', { mode: 'pinned' }, undefined],
  ['a knock with a one-time key', invite, 3],
  ['a knock without one', invite, undefined],
])('the keys of %s', (_, mode, index) => {
  const trust = (): Trust => (mode.mode === 'invite' ? mode : { mode: 'pinned', card: ann.card });
  const spelledOut = () => forgeParcel({ from: ann, to: bob, other: eve, index, mode, body });

  it('are what the protocol’s page says, for whoever opens it', async () => {
    const parcel = await spelledOut();
    expect((await tryToOpen(bob, parcel.bytes, trust()))?.body).toEqual(body);
    expect(await readWith(parcel.parts, parcel)).toEqual(body);
  });

  it('are what the protocol’s page says, for whoever seals it', async () => {
    const parcel = await sealed(mode, index);
    expect(await readWith(parcel.parts, parcel)).toEqual(body);
    const name = mode.mode === 'invite' ? concat(lp(utf8('Ann')), lp(ann.card.bytes)) : undefined;
    expect(await introducedTo(parcel.parts, parcel)).toEqual(name);
  });

  it.each<[string, readonly number[]]>([
    ['any X25519', [0, 1]],
    ['X25519 with the signed key', [0]],
    ...(index === undefined ? [] : ([['X25519 with the one-time key', [1]]] as [string, number[]][])),
    ['ML-KEM', [2]],
    ...(mode.mode === 'invite' ? ([['the invite’s key', [3]]] as [string, number[]][]) : []),
  ])('do not follow from all the rest, both private RSA keys included, without %s', async (_, missing) => {
    const parcel = await sealed(mode, index);
    const zeroed = parcel.parts.map((part, place) => (missing.includes(place) ? ZEROS : part));
    const without = parcel.parts.filter((_, place) => !missing.includes(place));
    const guessed = parcel.parts.map((part, place) => (missing.includes(place) ? parcel.transcript : part));
    for (const parts of [zeroed, without, guessed]) {
      expect(await readWith(parts, parcel)).toBeUndefined();
      expect(await introducedTo(parts, parcel)).toBeUndefined();
    }
  });
});

describe('a parcel', () => {
  it('names its bundle and itself by hashes of all that they are', async () => {
    const bundle = (await openBundle(bob.publication.bundle, bob.identity.card.verifyKey))!;
    const making = { from: ann, to: bob, other: eve, index: 3, mode: invite, body };
    const parcel = decodeParcel((await forgeParcel(making)).bytes)!;
    expect(parcel.bundleHash).toEqual(bundle.hash);
    expect((await tryToOpen(bob, (await forgeParcel(making)).bytes, invite))?.peer.name).toBe('Ann');
    expect(await tryToOpen(bob, (await forgeParcel(making, { id: randomBytes(32) })).bytes, invite)).toBeUndefined();
  });

  it('says in clear for whom it is, as it does inside', async () => {
    const making = { from: ann, to: bob, other: eve, index: 3, mode: { mode: 'pinned' } as const, body };
    const { bytes } = await forgeParcel(making, { recipient: eve.card.fingerprint });
    expect(await tryToOpen(bob, bytes, { mode: 'pinned', card: ann.card })).toBeUndefined();
  });

  it('in one mode is not taken in the other, even by one who has made it so', async () => {
    const making = { from: ann, to: bob, other: eve, index: 3, body };
    const known = { ...invite, psk: ZEROS };
    const knock = await forgeParcel({ ...making, mode: known });
    expect(await tryToOpen(bob, knock.bytes, known)).toBeDefined();
    expect(await tryToOpen(bob, knock.bytes, { mode: 'pinned', card: ann.card })).toBeUndefined();
    const parcel = await forgeParcel({ ...making, mode: { mode: 'pinned' } });
    expect(await tryToOpen(bob, parcel.bytes, { ...known, inviteId: ZEROS })).toBeUndefined();
  });

  it('is from who signed it: not from somebody who has all its keys and another’s name', async () => {
    const making = { from: ann, to: bob, other: eve, index: 3, mode: { mode: 'pinned' } as const, body };
    const forged = await forgeParcel(making, { envelope: { signKey: eve.signKey } });
    expect(await tryToOpen(bob, forged.bytes, { mode: 'pinned', card: ann.card })).toBeUndefined();
    const asEve = concat(lp(utf8('Ann')), lp(eve.card.bytes));
    const introduced = { introduced: asEve, envelope: { signKey: eve.signKey } };
    const knock = await forgeParcel({ ...making, mode: invite }, introduced);
    expect(await tryToOpen(bob, knock.bytes, invite)).toBeUndefined();
  });

  it('in invite mode brings a sound card and name, or nothing', async () => {
    const making = { from: ann, to: bob, other: eve, index: 3, mode: invite, body };
    for (const introduced of [
      lp(utf8('Ann')),
      concat(lp(utf8('Ann')), lp(randomBytes(1000))),
      concat(lp(utf8('')), lp(ann.card.bytes)),
      concat(lp(utf8(' Ann')), lp(ann.card.bytes)),
      concat(lp(utf8('Ann')), lp(ann.card.bytes), utf8('!')),
    ]) {
      const { bytes } = await forgeParcel(making, { introduced });
      expect(await tryToOpen(bob, bytes, invite)).toBeUndefined();
    }
  });
});
