/** Fingerprints, signatures and wrapping beside openssl's, either way round, for both sizes of key. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import {
  CARD_LABEL,
  fingerprintOf,
  importPublicKey,
  OAEP,
  PSS,
  sha256,
  sign,
  verify,
  type PrivateKey,
  type PublicKey,
} from '../../../signal/wire/keys.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { boundLabel, oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { flipBit } from '../../parts/arbitrary.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-openssl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts bytes where openssl finds them. */
function file(name: string, bytes: Bytes): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function openssl(...args: string[]): Bytes {
  return Uint8Array.from(execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Options of openssl, each behind the word that announces one. */
function options(word: string, ...values: string[]): string[] {
  return values.flatMap((value) => [word, value]);
}

const pss = (salt: number, hash = 'sha256', mgf1 = 'sha256') => [
  `-${hash}`,
  ...options('-sigopt', 'rsa_padding_mode:pss', `rsa_pss_saltlen:${salt}`, `rsa_mgf1_md:${mgf1}`),
];
const oaep = (label: Bytes, hash = 'sha256', mgf1 = 'sha256') =>
  options(
    '-pkeyopt',
    'rsa_padding_mode:oaep',
    `rsa_oaep_md:${hash}`,
    `rsa_mgf1_md:${mgf1}`,
    ...(label.length > 0 ? [`rsa_oaep_label:${toHex(label)}`] : []),
  );

const fields = [utf8('one'), utf8('two')];
const wrappedKey = Uint8Array.from({ length: 40 }, (_, i) => i);
let signed: Bytes;
let label: Bytes;

beforeAll(async () => {
  signed = concat(utf8('sotto/1/card\0'), await sha256(concat(...fields.map(lp))));
  label = await boundLabel(LABEL.oaep, utf8('a header'));
});

describe.each([3072, 4096])('a key of %i bits that openssl made', (bits) => {
  const secretPem = join(folder, `${bits}.secret.pem`);
  const publicPem = join(folder, `${bits}.public.pem`);
  let spki: Bytes;
  let keys: { verify: PublicKey; encrypt: PublicKey; sign: PrivateKey; decrypt: PrivateKey };

  beforeAll(async () => {
    openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, '-out', secretPem);
    openssl('pkey', '-in', secretPem, '-pubout', '-out', publicPem);
    spki = openssl('pkey', '-in', secretPem, '-pubout', '-outform', 'DER');
    const pkcs8 = openssl('pkcs8', '-topk8', '-nocrypt', '-in', secretPem, '-outform', 'DER');
    keys = {
      verify: (await importPublicKey(spki, 'verify'))!,
      encrypt: (await importPublicKey(spki, 'encrypt'))!,
      sign: await crypto.subtle.importKey('pkcs8', pkcs8, PSS, false, ['sign']),
      decrypt: await crypto.subtle.importKey('pkcs8', pkcs8, OAEP, false, ['decrypt']),
    };
  });

  it('is imported, and has the fingerprint that openssl prints', async () => {
    expect(keys.verify).toBeDefined();
    expect(keys.encrypt).toBeDefined();
    const printed = Buffer.from(openssl('dgst', '-sha256', '-r', file('spki', spki))).toString();
    expect(toHex(await fingerprintOf(spki))).toBe(printed.split(' ')[0]);
  });

  /** Whether openssl finds a signature good, over what is to be signed and with a salt of just this length. */
  function opensslVerifies(signature: Bytes, over: Bytes, salt: number): boolean {
    const [data, path] = [file('data', over), file('signature', signature)];
    try {
      openssl('dgst', ...pss(salt), '-verify', publicPem, '-signature', path, data);
      return true;
    } catch {
      return false;
    }
  }

  it('signs for openssl: PSS with SHA-256 and a salt of 32 bytes, over label and hash', async () => {
    const signature = await sign(keys.sign, CARD_LABEL, fields);
    expect(signature.length).toBe(bits / 8);
    expect(opensslVerifies(signature, signed, 32)).toBe(true);
    expect(opensslVerifies(signature, signed, 20)).toBe(false);
    expect(opensslVerifies(signature, flipBit(signed, 3), 32)).toBe(false);
  });

  it('verifies what openssl signed so, and nothing that it signed otherwise', async () => {
    const made = (...how: string[]) => openssl('dgst', ...how, '-sign', secretPem, file('to-be-signed', signed));
    const verifies = (signature: Bytes) => verify(keys.verify, CARD_LABEL, fields, signature);
    expect(await verifies(made(...pss(32)))).toBe(true);
    for (const salt of [0, 20, 31, 33, 64]) expect(await verifies(made(...pss(salt))), `salt of ${salt}`).toBe(false);
    expect(await verifies(made(...pss(32, 'sha256', 'sha1')))).toBe(false);
    expect(await verifies(made(...pss(32, 'sha512', 'sha256')))).toBe(false);
    expect(await verifies(made('-sha256'))).toBe(false);
  });

  it('wraps for openssl: OAEP with SHA-256 for hash and MGF1, under its label', async () => {
    const path = file('wrapped', await oaepEncrypt(keys.encrypt, label, wrappedKey));
    const opened = (...how: string[]) => openssl('pkeyutl', '-decrypt', '-inkey', secretPem, '-in', path, ...how);
    expect(opened(...oaep(label))).toEqual(wrappedKey);
    expect(() => opened(...oaep(LABEL.oaep))).toThrow();
    expect(() => opened(...oaep(new Uint8Array(0)))).toThrow();
    expect(() => opened(...oaep(label, 'sha1', 'sha256'))).toThrow();
    expect(() => opened(...oaep(label, 'sha256', 'sha1'))).toThrow();
  });

  it('unwraps what openssl wrapped so, and nothing that it wrapped otherwise', async () => {
    const plain = file('plain', wrappedKey);
    const made = (...how: string[]) =>
      openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', publicPem, '-in', plain, ...how);
    const opened = (ciphertext: Bytes) => oaepDecrypt(keys.decrypt, label, ciphertext);
    expect(await opened(made(...oaep(label)))).toEqual(wrappedKey);
    expect(await opened(made(...oaep(LABEL.oaep)))).toBeUndefined();
    expect(await opened(made(...oaep(new Uint8Array(0))))).toBeUndefined();
    expect(await opened(made(...oaep(label, 'sha1', 'sha256')))).toBeUndefined();
    expect(await opened(made(...oaep(label, 'sha256', 'sha1')))).toBeUndefined();
    expect(await opened(made(...options('-pkeyopt', 'rsa_padding_mode:pkcs1')))).toBeUndefined();
  });

  it('is refused in another form: for PSS alone, with another exponent, as a bare RSA key, as text', async () => {
    const other = (...how: string[]) => {
      const path = join(folder, 'other.pem');
      openssl('genpkey', ...how, '-out', path);
      return openssl('pkey', '-in', path, '-pubout', '-outform', 'DER');
    };
    const restricted = other('-algorithm', 'RSA-PSS', '-pkeyopt', `rsa_keygen_bits:${bits}`);
    const exponent3 = other(
      '-algorithm',
      'RSA',
      ...options('-pkeyopt', `rsa_keygen_bits:${bits}`, 'rsa_keygen_pubexp:3'),
    );
    const bare = openssl('rsa', '-in', secretPem, '-RSAPublicKey_out', '-outform', 'DER');
    for (const key of [restricted, exponent3, bare, utf8(readFileSync(publicPem, 'utf8'))]) {
      expect(await importPublicKey(key, 'verify')).toBeUndefined();
      expect(await importPublicKey(key, 'encrypt')).toBeUndefined();
    }
  });
});

it.each([2048, 3070, 3074])('a key of %i bits is refused', async (bits) => {
  const path = join(folder, 'size.pem');
  openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, '-out', path);
  const spki = openssl('pkey', '-in', path, '-pubout', '-outform', 'DER');
  expect(await importPublicKey(spki, 'verify')).toBeUndefined();
  expect(await importPublicKey(spki, 'encrypt')).toBeUndefined();
});
