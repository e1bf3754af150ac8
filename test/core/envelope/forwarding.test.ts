/**
 * Surreptitious forwarding: whoever may open an envelope holds its signed content, and may seal that anew for somebody
 * else. The signature names the recipient, the session and the counter, so it holds nowhere but where it was meant for.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, u64, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { open, seal, unwrapKey, wrapKey } from '../../../app/core/crypto/aead.ts';
import { hkdf } from '../../../app/core/crypto/kdf.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { boundLabel, oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { sha256, sign } from '../../../signal/wire/keys.ts';
import { decodeEnvelope, openEnvelope, sealEnvelope, type Body } from '../../../app/core/envelope/envelope.ts';
import { encodeHeader, type LinkHeader } from '../../../app/core/envelope/header.ts';
import { pad } from '../../../app/core/envelope/padding.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { identityOf } from '../../parts/identities.ts';

const messageKey = randomBytes(32);
const header: LinkHeader = { sessionId: randomBytes(16), counter: 0, ratchetKey: randomBytes(32) };
const body: Body = { entries: utf8('I owe you'), rest: utf8('a lot') };
let ann: Identity;
let bob: Identity;
let cat: Identity;

beforeAll(async () => {
  [ann, bob, cat] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Cat')]);
});

const idOf = (header: LinkHeader) => concat(header.sessionId, u64(header.counter));

/** What Ann signs for one recipient, spelled out from the protocol's page. */
async function signatureByThePage(recipient: Identity, as: LinkHeader): Promise<Bytes> {
  const hashes = [await sha256(body.entries), await sha256(body.rest)];
  const fields = [ann.card.fingerprint, recipient.card.fingerprint, as.sessionId, encodeHeader(as), ...hashes];
  return sign(ann.signKey, LABEL.message, fields);
}

/** The signature in an envelope that Ann made for one recipient, as they can take it out. */
async function signatureFor(recipient: Identity, as: LinkHeader): Promise<Bytes> {
  const parties = { sender: ann.card.fingerprint, recipient: recipient.card.fingerprint };
  const keys = { messageKey, encryptKey: recipient.card.encryptKey, signKey: ann.signKey };
  const { headerBytes, iv, ek, ciphertext } = decodeEnvelope(await sealEnvelope(parties, as, body, keys))!;
  const [sender, to] = [lp(parties.sender), lp(parties.recipient)];
  const label = await boundLabel(LABEL.oaep, concat(sender, to, lp(idOf(as)), lp(headerBytes)));
  const kek = await hkdf(messageKey, new Uint8Array(32), await boundLabel(LABEL.kek, headerBytes), 32);
  const cek = await unwrapKey(kek, (await oaepDecrypt(recipient.decryptKey, label, ek))!);
  const plaintext = await open(cek!, iv, concat(LABEL.envelope, sender, to, lp(idOf(as))), ciphertext);
  return plaintext!.slice(-384);
}

/** Seals a body with a signature that one already has, spelled out from the protocol's page. */
async function sealAround(signature: Bytes, recipient: Identity, padded: Bytes): Promise<Bytes> {
  const headerBytes = encodeHeader(header);
  const [sender, to] = [ann.card.fingerprint, recipient.card.fingerprint];
  const [cek, iv] = [randomBytes(32), randomBytes(12)];
  const kek = await hkdf(messageKey, new Uint8Array(32), await boundLabel(LABEL.kek, headerBytes), 32);
  const label = await boundLabel(LABEL.oaep, concat(lp(sender), lp(to), lp(idOf(header)), lp(headerBytes)));
  const ek = await oaepEncrypt(recipient.card.encryptKey, label, await wrapKey(kek, cek));
  const aad = concat(LABEL.envelope, lp(sender), lp(to), lp(idOf(header)));
  return concat(headerBytes, iv, lp(ek), lp(await seal(cek, iv, aad, concat(lp(padded), signature))));
}

async function openedBy(recipient: Identity, bytes: Bytes): Promise<Body | undefined> {
  const parties = { sender: ann.card.fingerprint, recipient: recipient.card.fingerprint };
  const keys = { messageKey, decryptKey: recipient.decryptKey, verifyKey: ann.card.verifyKey };
  return openEnvelope(parties, decodeEnvelope(bytes)!, keys);
}

const padded = pad(concat(lp(body.entries), lp(body.rest)));

describe('a signed content', () => {
  it('opens for whom it was signed, as the protocol spells it out', async () => {
    for (const signature of [signatureByThePage, signatureFor]) {
      expect(await openedBy(bob, await sealAround(await signature(bob, header), bob, padded))).toEqual(body);
    }
  });

  it('cannot be passed on to somebody else (fault 16)', async () => {
    expect(await openedBy(cat, await sealAround(await signatureFor(bob, header), cat, padded))).toBeUndefined();
  });

  it('cannot be sent again in another session, as another message, or with a ratchet key of somebody else', async () => {
    for (const change of [{ sessionId: randomBytes(16) }, { counter: 1 }, { ratchetKey: randomBytes(32) }]) {
      const elsewhere = await signatureFor(bob, { ...header, ...change });
      expect(await openedBy(bob, await sealAround(elsewhere, bob, padded))).toBeUndefined();
    }
  });

  it('cannot lose its signature', async () => {
    expect(await openedBy(bob, await sealAround(new Uint8Array(0), bob, padded))).toBeUndefined();
    expect(await openedBy(bob, await sealAround(new Uint8Array(384), bob, padded))).toBeUndefined();
  });

  it('is refused in other padding, or with its parts divided otherwise', async () => {
    const signature = await signatureFor(bob, header);
    const plain = concat(lp(body.entries), lp(body.rest));
    const longer = concat(padded, new Uint8Array(256));
    const shifted = pad(concat(lp(concat(body.entries, body.rest)), lp(new Uint8Array(0))));
    for (const other of [plain, longer, shifted, pad(concat(plain, Uint8Array.of(0))), new Uint8Array(256)]) {
      expect(await openedBy(bob, await sealAround(signature, bob, other))).toBeUndefined();
    }
  });
});
