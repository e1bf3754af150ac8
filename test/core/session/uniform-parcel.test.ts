/**
 * Whatever is wrong with a parcel for prekeys that are there, opening it attempts the same cryptographic operations, in the
 * same order, and gives the same answer: nobody who leaves parcels learns which step failed.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { openParcel, type Trust } from '../../../app/core/session/open-parcel.ts';
import { decodeParcel } from '../../../app/core/session/parcel.ts';
import type { SealingMode } from '../../../app/core/session/seal-parcel.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { DAMAGES } from '../../parts/forged-envelopes.ts';
import { forgeParcel, ZEROS, type ParcelMaking, type ParcelOtherwise } from '../../parts/forged-parcels.ts';
import { identityOf, NOW } from '../../parts/identities.ts';
import { operationsOf } from '../../parts/operations.ts';
import { published, type Published } from '../../parts/parcels.ts';

const invite = { mode: 'invite', inviteId: randomBytes(32), psk: randomBytes(32) } as const;
let ann: Identity;
let eve: Identity;
let bob: Published;

beforeAll(async () => {
  [ann, eve, bob] = await Promise.all([identityOf('Ann'), identityOf('Eve'), published('Bob')]);
});

/** What can be wrong with a parcel whose envelope is in order. */
const PARCEL_DAMAGES: Readonly<Record<string, ParcelOtherwise>> = {
  'the X25519 key is of low order': { ephemeral: ZEROS },
  'the X25519 key is another': { ephemeral: flipBit(ZEROS, 9) },
  'the ML-KEM ciphertext is none': { kemCiphertext: randomBytes(1088) },
  'the message key is another': { messageKey: randomBytes(32) },
};
const KNOCK_DAMAGES: Readonly<Record<string, ParcelOtherwise>> = {
  ...PARCEL_DAMAGES,
  'the invite’s key is another': { psk: randomBytes(32) },
  'the introduction has a bit flipped': { introduction: (sealed) => flipBit(sealed, 99) },
  'the introduction is as short as it may be': { introduction: (sealed) => sealed.slice(0, 16) },
  'the introduction says too little': { introduced: utf8('An') },
};

describe.each<[string, SealingMode, number | undefined]>([
  ['a parcel with a one-time key', { mode: 'pinned' }, 3],
  ['a parcel without one', { mode: 'pinned' }, undefined],
  ['a knock', invite, 3],
])('opening %s', (_, mode, index) => {
  const trust = (): Trust => (mode.mode === 'invite' ? mode : { mode: 'pinned', card: ann.card });
  const making = (): ParcelMaking => {
    const body = { entries: utf8('entries'), rest: utf8('rest') };
    return { from: ann, to: bob, other: eve, index, mode, body };
  };

  /** What the recipient gets of a parcel, and what it took. */
  const opening = async (otherwise: ParcelOtherwise) => {
    const parcel = decodeParcel((await forgeParcel(making(), otherwise)).bytes)!;
    const { prekeys } = (await bob.prekeys.find(parcel))!;
    return operationsOf(() => openParcel(bob.identity, parcel, prekeys, trust(), NOW));
  };

  it('that is sound takes these operations', async () => {
    const { result, operations } = await opening({});
    expect(result).toBeDefined();
    const x25519 = ['importKey X25519', 'deriveBits X25519'];
    const introduction = ['importKey AES-GCM', 'decrypt AES-GCM'];
    const card = ['importKey RSA-PSS', 'importKey RSA-OAEP', 'exportKey spki', 'exportKey spki', 'verify RSA-PSS'];
    expect(operations.filter((operation) => !/ (SHA-256|HMAC)$/.test(operation))).toEqual([
      ...x25519,
      ...(index === undefined ? [] : x25519),
      ...(mode.mode === 'invite' ? [...introduction, ...card] : []),
      'decrypt RSA-OAEP',
      'importKey AES-KW',
      'importKey AES-GCM',
      'unwrapKey AES-KW',
      'exportKey raw',
      'importKey AES-GCM',
      'decrypt AES-GCM',
      'verify RSA-PSS',
    ]);
  });

  const ofEnvelope = Object.entries(DAMAGES).map(([name, damage]): [string, () => ParcelOtherwise] => [
    name,
    () => {
      const { from, to, other, body } = making();
      // What a damage asks of its making is who the others are, and the body.
      const header = { parcelId: ZEROS };
      return { envelope: damage({ from, to: to.identity, other, body, header, messageKey: ZEROS }) };
    },
  ]);
  const own = Object.entries(mode.mode === 'invite' ? KNOCK_DAMAGES : PARCEL_DAMAGES);
  const ofParcel = own.map(([name, otherwise]): [string, () => ParcelOtherwise] => [name, () => otherwise]);

  it.each([...ofParcel, ...ofEnvelope])('fails, if %s, after the very same operations', async (_, damage) => {
    const { operations } = await opening({});
    expect(await opening(damage())).toEqual({ result: undefined, operations });
  });
});
