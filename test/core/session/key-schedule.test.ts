/**
 * What a handshake's keys are made of, spelled out from the protocol's page: held against the product's own, and tried with
 * one part missing, as by somebody who recorded everything and came to know the rest.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256, sign } from '../../../signal/wire/keys.ts';
import { open, seal } from '../../../app/core/crypto/aead.ts';
import { diffieHellman } from '../../../app/core/crypto/dh.ts';
import { hkdf, hkdfExpand, hkdfExtract, hmac } from '../../../app/core/crypto/kdf.ts';
import { decapsulate } from '../../../app/core/crypto/kem.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { accept, answer, complete, initiate } from '../../../app/core/session/handshake.ts';
import { decodeM2, decodeM2c, decodeProof, encodeProof } from '../../../app/core/session/handshake-messages.ts';
import { advance, messageKey, stepToSend } from '../../../app/core/session/ratchet.ts';
import { encounter, type HowTheyMeet } from '../../parts/handshakes.ts';
import { identityOf } from '../../parts/identities.ts';

const psk = randomBytes(32);
const zeros: Bytes = new Uint8Array(32);
let ann: Identity;
let bob: Identity;

beforeAll(async () => {
  [ann, bob] = await Promise.all([identityOf('Ann'), identityOf('Bob')]);
});

/** A handshake up to M2, with every secret that went into it. */
async function upToM2(how: HowTheyMeet) {
  const both = encounter(ann, bob, how);
  const initiated = await initiate(both.initiator);
  const answered = (await answer(both.responder, initiated.m1))!;
  const { m2c, m2s } = decodeM2(answered.m2)!;
  const { ratchetKey, kemCiphertext } = decodeM2c(m2c)!;
  const x25519 = (await diffieHellman(initiated.ratchetKey, ratchetKey))!;
  const mlKem = decapsulate(initiated.kem.secretKey, kemCiphertext)!;
  const { binding } = both.initiator;
  const channel = lp(concat(lp(binding.initiator), lp(binding.responder)));
  const th1 = await sha256(concat(LABEL.th1, lp(initiated.m1), lp(m2c), channel));
  const th2 = await sha256(concat(LABEL.th2, th1, lp(m2s)));
  return { both, initiated, answered, m2s, th1, th2, theirs: ratchetKey, parts: [x25519, mlKem, how.psk ?? zeros] };
}

type Met = Awaited<ReturnType<typeof upToM2>>;

const openM2s = async ({ m2s, th1 }: Met, hs: Bytes) =>
  open(await hkdfExpand(hs, LABEL.handshakeKeyResponder, 32), new Uint8Array(12), th1, m2s);

/** The proof of I as an M3, signed over these fields in the place of the page's. */
async function m3By(met: Met, fields: readonly Bytes[]): Promise<Bytes> {
  const name = utf8('Ann');
  const signature = await sign(ann.signKey, LABEL.handshakeInitiator, [...fields, ann.card.bytes, name]);
  const hs = await hkdfExtract(met.th1, concat(...met.parts));
  const key = await hkdfExpand(hs, LABEL.handshakeKeyInitiator, 32);
  return seal(key, new Uint8Array(12), met.th2, encodeProof({ card: ann.card.bytes, name, signature }));
}

describe.each<[string, HowTheyMeet]>([
  ['between people who know each other', { mode: 'pinned' }],
  ['at first contact', { mode: 'invite', inviteId: randomBytes(32), psk }],
])('the keys of a handshake %s', (_, how) => {
  it('are what the protocol’s page says', async () => {
    const met = await upToM2(how);
    const hs = await hkdfExtract(met.th1, concat(...met.parts));
    const proof = await openM2s(met, hs);
    expect(proof).toBeDefined();
    expect(decodeProof(proof!)?.card).toEqual(bob.card.bytes);

    const completed = (await complete(met.both.initiator, met.initiated, met.answered.m2))!;
    const th3 = await sha256(concat(LABEL.th3, met.th2, lp(completed.m3)));
    const root = await hkdf(hs, th3, LABEL.root, 32);
    const keys = await hkdfExpand(root, LABEL.init, 96);
    expect(completed.session.id).toEqual(await hkdfExpand(root, LABEL.sessionId, 16));
    const { rootKey, sending, receiving } = completed.session.ratchet;
    expect([rootKey, sending.key, receiving.key]).toEqual([keys.slice(0, 32), keys.slice(32, 64), keys.slice(64)]);
  });

  it.each<[string, number]>([
    ['the X25519 secret', 0],
    ['the ML-KEM secret', 1],
    ...(how.psk ? ([['the invite’s key', 2]] as [string, number][]) : []),
  ])('do not follow from all the rest without %s', async (_, missing) => {
    const met = await upToM2(how);
    const without = met.parts.filter((_, index) => index !== missing);
    const zeroed = met.parts.map((part, index) => (index === missing ? zeros : part));
    for (const parts of [without, zeroed]) {
      expect(await openM2s(met, await hkdfExtract(met.th1, concat(...parts)))).toBeUndefined();
    }
  });

  it('prove a person by a signature over transcript and both fingerprints, and over nothing less', async () => {
    const met = await upToM2(how);
    const [fpI, fpR] = [ann.card.fingerprint, bob.card.fingerprint];
    // The secret of a handshake that succeeds is overwritten.
    const again = () => ({ ...met.answered, hs: met.answered.hs.slice() });
    const acceptAfter = async (fields: readonly Bytes[]) =>
      accept(met.both.responder, again(), await m3By(met, fields));
    expect((await acceptAfter([met.th2, fpI, fpR]))?.peer.name).toBe('Ann');
    const other = randomBytes(32);
    const forged = [[met.th2], [met.th2, fpI], [met.th2, fpR], [met.th2, fpR, fpI], [met.th2, fpI, other], [fpI, fpR]];
    for (const fields of [...forged, [met.th1, fpI, fpR]]) expect(await acceptAfter(fields)).toBeUndefined();
  });
});

describe('the keys of a session', () => {
  it('are what the protocol’s page says, step by step', async () => {
    const met = await upToM2({ mode: 'pinned' });
    const { m3 } = (await complete(met.both.initiator, met.initiated, met.answered.m2))!;
    const { session } = (await accept(met.both.responder, met.answered, m3))!;
    const { rootKey } = session.ratchet;
    const stepped = await stepToSend(session.ratchet);
    const secret = (await diffieHellman(met.initiated.ratchetKey, stepped.ours.publicKey))!;
    const keys = await hkdf(secret, rootKey, LABEL.ratchet, 64);
    expect([stepped.rootKey, stepped.sending.key]).toEqual([keys.slice(0, 32), keys.slice(32)]);
    expect(await messageKey(stepped.sending)).toEqual(await hmac(keys.slice(32), u8(1)));
    expect(await advance(stepped.sending)).toEqual({ key: await hmac(keys.slice(32), u8(2)), counter: 1 });
  });
});
