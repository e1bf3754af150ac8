/** A signaling payload spelled out from the protocol's page: either side of it reads what the other made. */
import { expect, it } from 'vitest';
import { ByteReader, concat, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sign, verify } from '../../../signal/wire/keys.ts';
import { open, seal } from '../../../app/core/crypto/aead.ts';
import { hkdf } from '../../../app/core/crypto/kdf.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { boundLabel, oaepDecrypt } from '../../../app/core/crypto/rsa.ts';
import {
  answerDial,
  decodeSignal,
  dialInvite,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
} from '../../../app/core/session/signaling.ts';
import { identityOf } from '../../parts/identities.ts';

const content = concat(u8(0), utf8('v=0'));
const keyOf = (secret: Bytes, dialId: Bytes, direction = 0) =>
  hkdf(secret, dialId, concat(LABEL.signalKey, u8(direction)), 32);

it('an offer by an invite, made as the page says, is opened', async () => {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const [from, to] = [ann.card.fingerprint, bob.card.fingerprint];
  const [secret, dialId, inviteId, iv] = [randomBytes(32), randomBytes(16), randomBytes(32), randomBytes(12)];
  const header = concat(Uint8Array.of(1, 1, 0), dialId, inviteId, lp(new Uint8Array(0)));
  const made = async (fields: Bytes[], aad: Bytes): Promise<Bytes> => {
    const plaintext = concat(lp(content), lp(ann.card.bytes), lp(await sign(ann.signKey, LABEL.signal, fields)));
    return concat(header, iv, lp(await seal(await keyOf(secret, dialId), iv, aad, plaintext)));
  };
  const opened = async (payload: Bytes) => {
    const parties = { us: bob, them: from };
    const sealed = decodeSignal(payload)!;
    const keys = (await answerDial(parties, sealed, secret))!;
    return (await openSignal(parties, keys, sealed, undefined))?.signal;
  };
  const [fields, aad] = [[from, to, header, content], concat(LABEL.signal, header)];
  expect(await opened(await made(fields, aad))).toEqual({ type: 'offer', text: 'v=0' });
  // A signature, or a seal, that covers less, or something else, is refused.
  for (const missing of [0, 1, 2, 3]) {
    const fewer = fields.filter((_, index) => index !== missing);
    const other = fields.map((field, index) => (index === missing ? randomBytes(field.length) : field));
    for (const forged of [fewer, other]) expect(await opened(await made(forged, aad))).toBeUndefined();
  }
  for (const other of [LABEL.signal, header, concat(LABEL.envelope, header)]) {
    expect(await opened(await made(fields, other))).toBeUndefined();
  }
});

it('an offer to a pinned person, as it is made, opens as the page says', async () => {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const [from, to] = [ann.card.fingerprint, bob.card.fingerprint];
  const parties = { us: ann, them: to };
  const dial = await dialPinned(parties, bob.card);
  const payload = (await sealSignal(parties, dial, { type: 'offer', text: 'v=0' }))!;
  const header = concat(Uint8Array.of(1, 0, 0), dial.dialId, lp(dial.ek));
  expect(payload.slice(0, header.length)).toEqual(header);
  const label = await boundLabel(LABEL.signalOaep, concat(lp(from), lp(to), lp(dial.dialId)));
  const secret = await oaepDecrypt(bob.decryptKey, label, dial.ek);
  expect(secret).toEqual(dial.secret);
  const [iv, ciphertext] = [payload.slice(header.length, header.length + 12), payload.slice(header.length + 16)];
  const plaintext = await open(await keyOf(secret!, dial.dialId), iv, concat(LABEL.signal, header), ciphertext);
  const reader = new ByteReader(plaintext ?? new Uint8Array(0));
  expect([reader.lp(100), reader.lp(100)]).toEqual([content, new Uint8Array(0)]);
  const signature = reader.lp(384);
  expect(reader.done()).toBe(true);
  expect(await verify(ann.card.verifyKey, LABEL.signal, [from, to, header, content], signature)).toBe(true);
});

it('an answer, as it is made, has the key of its own direction', async () => {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const dial: DialKeys = { ...dialInvite(randomBytes(32), randomBytes(32)), role: 'answerer' };
  const parties = { us: bob, them: ann.card.fingerprint };
  const { header, iv, ciphertext } = decodeSignal((await sealSignal(parties, dial, { type: 'answer', text: 'v=0' }))!)!;
  expect(header[2]).toBe(1);
  const openWith = async (direction: number) =>
    open(await keyOf(dial.secret, dial.dialId, direction), iv, concat(LABEL.signal, header), ciphertext);
  expect(await openWith(1)).toBeDefined();
  expect(await openWith(0)).toBeUndefined();
});

it('every dial has an id and, between pinned people, a secret of its own', async () => {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const pinned = () => dialPinned({ us: ann, them: bob.card.fingerprint }, bob.card);
  const [one, other] = [await pinned(), await pinned()];
  expect(one.secret).not.toEqual(other.secret);
  const byInvite = () => dialInvite(new Uint8Array(32), new Uint8Array(32));
  const ids = [one, other, byInvite(), byInvite()].map(({ dialId }) => dialId.join());
  expect(new Set(ids).size).toBe(4);
});
