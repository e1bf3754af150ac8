/**
 * Unknown key share: Eve carries the messages of an honest handshake between Ann and Bob, unread, and changes only in whose
 * name they go, so that the two share keys and one of them is wrong about with whom. Both fingerprints are bound twice, in M1,
 * which is part of every transcript, and in both signatures; and none of the attacks gets past either.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256, verify } from '../../../signal/wire/keys.ts';
import { open } from '../../../app/core/crypto/aead.ts';
import { hkdfExpand } from '../../../app/core/crypto/kdf.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { accept, answer, complete, initiate, type HandshakeContext } from '../../../app/core/session/handshake.ts';
import { decodeM2, decodeProof, type Proof } from '../../../app/core/session/handshake-messages.ts';
import { encounter } from '../../parts/handshakes.ts';
import { identityOf } from '../../parts/identities.ts';

let ann: Identity;
let bob: Identity;
let eve: Identity;

beforeAll(async () => {
  [ann, bob, eve] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Eve')]);
});

/** Where M1 says who is who. */
const INITIATOR = 2 + 1 + 32 + 32 + 1184;
const RESPONDER = INITIATOR + 32;
const naming = (m1: Bytes, at: number, whom: Identity) =>
  concat(m1.slice(0, at), whom.card.fingerprint, m1.slice(at + 32));

/** What Ann and Bob expect of one handshake; Eve sees to it that the certificates agree. */
function expectations(anns: Identity, bobs: Identity): { atAnn: HandshakeContext; atBob: HandshakeContext } {
  const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
  return {
    atAnn: { ...initiator, them: anns.card.fingerprint },
    atBob: { ...responder, them: bobs.card.fingerprint },
  };
}

describe('keys that two share', () => {
  it('are not Eve’s to Bob while they are Bob’s to Ann', async () => {
    // Ann calls Bob, and Eve carries it over as a call of her own.
    const { atAnn, atBob } = expectations(bob, eve);
    const initiated = await initiate(atAnn);
    const answered = await answer(atBob, naming(initiated.m1, INITIATOR, eve));
    expect(answered).toBeDefined();
    expect(await complete(atAnn, initiated, answered!.m2)).toBeUndefined();
  });

  it('are not Ann’s to Bob while they are Eve’s to Ann', async () => {
    // Ann calls Eve, and Eve carries it over to Bob in the name of Ann.
    const { atAnn, atBob } = expectations(eve, ann);
    const initiated = await initiate(atAnn);
    expect(await answer(atBob, initiated.m1)).toBeUndefined();
    const answered = await answer(atBob, naming(initiated.m1, RESPONDER, bob));
    expect(answered).toBeDefined();
    expect(await complete(atAnn, initiated, answered!.m2)).toBeUndefined();
  });

  it('are not Eve’s to Bob, though it is her M3 that he gets', async () => {
    // Eve calls Bob, and shows him what Ann proved to her in a call that ran at the same time.
    const bobAndEve = encounter(eve, bob, { mode: 'pinned' });
    const eveAndAnn = encounter(ann, eve, { mode: 'pinned' });
    const [hers, anns] = [await initiate(bobAndEve.initiator), await initiate(eveAndAnn.initiator)];
    const bobs = await answer(bobAndEve.responder, hers.m1);
    const toAnn = await answer(eveAndAnn.responder, anns.m1);
    const fromAnn = await complete(eveAndAnn.initiator, anns, toAnn!.m2);
    expect(fromAnn).toBeDefined();
    expect(await accept(bobAndEve.responder, bobs!, fromAnn!.m3)).toBeUndefined();
  });
});

/** The two signatures of an honest handshake, and what each is over, spelled out from the protocol's page. */
async function signatures(): Promise<{ proof: Proof; label: Bytes; transcript: Bytes; signer: Identity }[]> {
  const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
  const initiated = await initiate(initiator);
  const answered = (await answer(responder, initiated.m1))!;
  // Making the session overwrites the secret.
  const hs = answered.hs.slice();
  const { m3 } = (await complete(initiator, initiated, answered.m2))!;
  const { m2c, m2s } = decodeM2(answered.m2)!;
  const { binding } = initiator;
  const channel = concat(lp(binding.initiator), lp(binding.responder));
  const th1 = await sha256(concat(LABEL.th1, lp(initiated.m1), lp(m2c), lp(channel)));
  const th2 = await sha256(concat(LABEL.th2, th1, lp(m2s)));
  const opened = async (label: Bytes, transcript: Bytes, sealed: Bytes) =>
    decodeProof((await open(await hkdfExpand(hs, label, 32), new Uint8Array(12), transcript, sealed))!)!;
  return [
    {
      proof: await opened(LABEL.handshakeKeyResponder, th1, m2s),
      label: LABEL.handshakeResponder,
      transcript: th1,
      signer: bob,
    },
    {
      proof: await opened(LABEL.handshakeKeyInitiator, th2, m3),
      label: LABEL.handshakeInitiator,
      transcript: th2,
      signer: ann,
    },
  ];
}

describe('both signatures of a handshake', () => {
  it('are over both fingerprints, in their places, and over card and name', async () => {
    const [annsFp, bobsFp, evesFp] = [ann.card.fingerprint, bob.card.fingerprint, eve.card.fingerprint];
    for (const { proof, label, transcript, signer } of await signatures()) {
      const holds = (...names: Bytes[]) =>
        verify(signer.card.verifyKey, label, [transcript, ...names, proof.card, proof.name], proof.signature);
      expect(await holds(annsFp, bobsFp)).toBe(true);
      for (const others of [[], [annsFp], [bobsFp], [bobsFp, annsFp], [annsFp, evesFp], [evesFp, bobsFp]]) {
        expect(await holds(...others)).toBe(false);
      }
      const short = [transcript, annsFp, bobsFp];
      expect(await verify(signer.card.verifyKey, label, short, proof.signature)).toBe(false);
    }
  });

  it('do not pass for each other', async () => {
    const [responders, initiators] = await signatures();
    for (const { proof, transcript, signer, label } of [
      { ...responders!, label: initiators!.label },
      { ...initiators!, label: responders!.label },
    ]) {
      const fields = [transcript, ann.card.fingerprint, bob.card.fingerprint, proof.card, proof.name];
      expect(await verify(signer.card.verifyKey, label, fields, proof.signature)).toBe(false);
    }
  });
});
