import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../signal/wire/bytes.ts';
import { ACCEPT_LABEL, CARD_LABEL, LOGIN_LABEL, sign, verify } from '../../../signal/wire/keys.ts';
import { oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { identityOf } from '../../parts/identities.ts';

describe('a signature', () => {
  it('holds for one label, one division into fields, and one key', async () => {
    const [{ card, signKey }, bob] = [await identityOf('Ann'), await identityOf('Bob')];
    const signature = await sign(signKey, CARD_LABEL, [utf8('ab'), utf8('c')]);
    expect(await verify(card.verifyKey, CARD_LABEL, [utf8('ab'), utf8('c')], signature)).toBe(true);
    expect(await verify(card.verifyKey, LOGIN_LABEL, [utf8('ab'), utf8('c')], signature)).toBe(false);
    expect(await verify(card.verifyKey, CARD_LABEL, [utf8('a'), utf8('bc')], signature)).toBe(false);
    expect(await verify(card.verifyKey, CARD_LABEL, [utf8('abc')], signature)).toBe(false);
    expect(await verify(bob.card.verifyKey, CARD_LABEL, [utf8('ab'), utf8('c')], signature)).toBe(false);
  });

  it('is refused, not thrown at, if it has any other length', async () => {
    const { card, signKey } = await identityOf('Ann');
    const signature = await sign(signKey, CARD_LABEL, []);
    for (const other of [
      new Uint8Array(0),
      signature.slice(1),
      concat(signature, Uint8Array.of(0)),
      new Uint8Array(512),
    ]) {
      expect(await verify(card.verifyKey, CARD_LABEL, [], other)).toBe(false);
    }
  });
});

describe('wrapping', () => {
  it('opens under its own label and key only', async () => {
    const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
    const ciphertext = await oaepEncrypt(ann.card.encryptKey, LABEL.oaep, utf8('a key'));
    expect(await oaepDecrypt(ann.decryptKey, LABEL.oaep, ciphertext)).toEqual(utf8('a key'));
    expect(await oaepDecrypt(ann.decryptKey, LABEL.signalOaep, ciphertext)).toBeUndefined();
    expect(await oaepDecrypt(bob.decryptKey, LABEL.oaep, ciphertext)).toBeUndefined();
    for (const other of [new Uint8Array(0), ciphertext.slice(1), flipBit(ciphertext, 900)]) {
      expect(await oaepDecrypt(ann.decryptKey, LABEL.oaep, other)).toBeUndefined();
    }
  });
});

describe('labels', () => {
  it('are all different, name this protocol and end in a zero byte, so none is the start of another', () => {
    const texts = [...Object.values(LABEL), CARD_LABEL, LOGIN_LABEL, ACCEPT_LABEL].map((bytes) =>
      Buffer.from(bytes).toString(),
    );
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) expect(text).toMatch(/^sotto\/1\/[a-z0-9-]+\0$/);
  });
});
