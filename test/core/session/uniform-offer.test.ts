/**
 * An offer between people who know each other that does not decrypt, and one that does not verify: up to the seal the same
 * operations are attempted, and the answer is the same, nothing.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, type Bytes } from '../../../signal/wire/bytes.ts';
import type { PublicKey } from '../../../signal/wire/keys.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { boundLabel, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { openIdentity, type Identity } from '../../../app/core/identity/identity.ts';
import { withFreshKey } from '../../../app/core/identity/identity-change.ts';
import {
  answerDial,
  decodeSignal,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
} from '../../../app/core/session/signaling.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { identityOf, NOW, recordOf } from '../../parts/identities.ts';
import { operationsOf } from '../../parts/operations.ts';

let ann: Identity;
let bob: Identity;
let eve: Identity;
let dial: DialKeys;

beforeAll(async () => {
  [ann, bob, eve] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Eve')]);
  dial = await dialPinned({ us: ann, them: bob.card.fingerprint }, bob.card);
});

/** An offer to Bob in the name of Ann. */
async function offer(keys: DialKeys = dial, signer: Identity = ann): Promise<Bytes> {
  const parties = { us: { ...ann, signKey: signer.signKey }, them: bob.card.fingerprint };
  return (await sealSignal(parties, keys, { type: 'offer', text: 'v=0' }))!;
}

/** The dial, but with this secret in its offer, as the protocol's page spells it out. */
async function carrying(secret: Bytes, key: PublicKey, label = LABEL.signalOaep): Promise<DialKeys> {
  const fields = concat(lp(ann.card.fingerprint), lp(bob.card.fingerprint), lp(dial.dialId));
  return { ...dial, ek: await oaepEncrypt(key, await boundLabel(label, fields), secret) };
}

/** What Bob gets of an offer that is said to be Ann's, and what it took. */
function opening(payload: Bytes, us = bob) {
  const sealed = decodeSignal(payload);
  if (!sealed) throw new Error('nothing was opened');
  const parties = { us, them: ann.card.fingerprint };
  return operationsOf(async () => {
    const keys = await answerDial(parties, sealed, undefined);
    return keys && (await openSignal(parties, keys, sealed, ann.card))?.signal;
  });
}

describe('an offer between people who know each other', () => {
  it('that is sound is opened, and then verified', async () => {
    const { result, operations } = await opening(await offer());
    expect(result).toEqual({ type: 'offer', text: 'v=0' });
    expect(operations.filter((operation) => !/ (SHA-256|HMAC)$/.test(operation))).toEqual([
      'decrypt RSA-OAEP',
      'importKey AES-GCM',
      'decrypt AES-GCM',
      'verify RSA-PSS',
    ]);
    const spelledOut = await offer(await carrying(dial.secret, bob.card.encryptKey));
    expect(await opening(spelledOut)).toEqual({ result, operations });
  });

  it.each<[string, () => Promise<Bytes>]>([
    ['whose key is somebody else’s', async () => offer(await carrying(dial.secret, eve.card.encryptKey))],
    [
      'whose key is under another label',
      async () => offer(await carrying(dial.secret, bob.card.encryptKey, LABEL.oaep)),
    ],
    ['whose key is too short', async () => offer(await carrying(randomBytes(31), bob.card.encryptKey))],
    ['whose key is too long', async () => offer(await carrying(randomBytes(64), bob.card.encryptKey))],
    ['whose key is another', async () => offer(await carrying(randomBytes(32), bob.card.encryptKey))],
    ['without a key', () => offer({ ...dial, ek: new Uint8Array(0) })],
    ['with a key of noise', () => offer({ ...dial, ek: randomBytes(384) })],
    ['whose seal was broken', async () => flipBit(await offer(), 8 * 480)],
  ])('%s fails at the seal, and nobody can tell from the others', async (_, make) => {
    const { operations } = await opening(await offer());
    const failed = await opening(await make());
    expect(failed.result).toBeUndefined();
    expect(failed.operations.at(-1)).toBe('decrypt AES-GCM');
    expect(failed.operations).toEqual(operations.slice(0, operations.indexOf('decrypt AES-GCM') + 1));
  });

  it('that was made with a former key is opened, and what fails of it fails, all by the same operations', async () => {
    const renewed = await openIdentity(await withFreshKey(await recordOf('Bob'), bob, NOW));
    const sound = await opening(await offer(await carrying(dial.secret, renewed.card.encryptKey)), renewed);
    expect(sound.result).toEqual({ type: 'offer', text: 'v=0' });
    expect(sound.operations.filter((operation) => operation === 'decrypt RSA-OAEP')).toHaveLength(2);
    expect(await opening(await offer(), renewed)).toEqual(sound);
    const failed = [
      await opening(await offer(await carrying(dial.secret, eve.card.encryptKey)), renewed),
      await opening(await offer(await carrying(randomBytes(31), bob.card.encryptKey)), renewed),
      await opening(flipBit(await offer(), 8 * 480), renewed),
    ];
    const untilSeal = sound.operations.slice(0, sound.operations.indexOf('decrypt AES-GCM') + 1);
    for (const each of failed) expect(each).toEqual({ result: undefined, operations: untilSeal });
  });

  it('that somebody else signed fails after the same operations as a sound one', async () => {
    const { operations } = await opening(await offer());
    expect(await opening(await offer(dial, eve))).toEqual({ result: undefined, operations });
  });
});
