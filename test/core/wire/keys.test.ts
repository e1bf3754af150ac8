/** Keys and signatures, held against what openssl makes of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { concat, lp, toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { CARD_LABEL, fingerprintOf, LOGIN_LABEL, sha256, sign, verify } from '../../../signal/wire/keys.ts';
import { oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { ACCEPT_LABEL } from '../../../signal/wire/keys.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { identityOf, pairsOf } from '../../parts/identities.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts bytes where openssl finds them. */
function file(name: string, bytes: Bytes): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function openssl(...args: string[]): Buffer {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a fingerprint', () => {
  it('is what openssl prints of the public key', async () => {
    const { signingKey, fingerprint } = (await identityOf('Ann')).card;
    const pem = join(folder, 'ann.pem');
    openssl('pkey', '-pubin', '-inform', 'DER', '-in', file('ann.spki', signingKey), '-out', pem);
    const der = Uint8Array.from(openssl('pkey', '-pubin', '-in', pem, '-outform', 'DER'));
    expect(openssl('dgst', '-sha256', '-r', file('ann.der', der)).toString().split(' ')[0]).toBe(toHex(fingerprint));
    expect(await fingerprintOf(signingKey)).toEqual(fingerprint);
  });
});

describe('a signature', () => {
  it('verifies with openssl as PSS with SHA-256 and a salt of 32 bytes, over label and hash', async () => {
    const { card, signKey } = await identityOf('Ann');
    const fields = [utf8('one'), utf8('two')];
    const signature = await sign(signKey, CARD_LABEL, fields);
    const signed = concat(utf8('sotto/1/card\0'), await sha256(concat(...fields.map(lp))));
    const pem = join(folder, 'signer.pem');
    openssl('pkey', '-pubin', '-inform', 'DER', '-in', file('signer.spki', card.signingKey), '-out', pem);
    const options = [
      '-sigopt',
      'rsa_padding_mode:pss',
      '-sigopt',
      'rsa_pss_saltlen:32',
      '-sigopt',
      'rsa_mgf1_md:sha256',
    ];
    const check = (bytes: Bytes) =>
      openssl('dgst', '-sha256', ...options, '-verify', pem, '-signature', file('sig', signature), file('data', bytes));
    expect(check(signed).toString()).toContain('Verified OK');
    expect(() => check(flipBit(signed, 3))).toThrow();
  });

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
  it('is opened by openssl as OAEP with SHA-256 for hash and MGF1, under its label', async () => {
    const { card } = await identityOf('Ann');
    const { wrapping } = await pairsOf('Ann');
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', wrapping.privateKey));
    const key = join(folder, 'wrapping.pem');
    openssl('pkey', '-inform', 'DER', '-in', file('wrapping.der', pkcs8), '-out', key);
    const ciphertext = file('wrapped', await oaepEncrypt(card.encryptKey, LABEL.oaep, utf8('a key')));
    const options = ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'];
    const decrypt = (label: Bytes) =>
      openssl(
        ...['pkeyutl', '-decrypt', '-inkey', key, '-in', ciphertext],
        ...[...options, `rsa_oaep_label:${toHex(label)}`].flatMap((option) => ['-pkeyopt', option]),
      );
    expect(decrypt(LABEL.oaep).toString()).toBe('a key');
    expect(() => decrypt(LABEL.signalOaep)).toThrow();
  });

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
