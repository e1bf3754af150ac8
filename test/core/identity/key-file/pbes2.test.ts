/** Key files that their password opens. */
import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex, fromUtf8, toHex, type Bytes } from '../../../../signal/wire/bytes.ts';
import {
  element,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readContents,
  SEQUENCE,
  unsigned,
} from '../../../../app/core/identity/key-file/der.ts';
import { decodePem, encodePem } from '../../../../app/core/identity/key-file/pem.ts';
import { GIVEN_PASSWORD, ownKey, PASSWORD, problemOf } from '../../../parts/key-files.ts';

const { openssl, converted, encrypted } = ownKey();

describe('an encrypted key file', () => {
  let file: Bytes;
  let der: Bytes;

  beforeAll(() => {
    file = encrypted('-v2', 'aes-256-cbc', '-iter', '1');
    der = decodePem(fromUtf8(file)!, 'ENCRYPTED PRIVATE KEY');
  });

  /** The file with the first of these bytes replaced by others of the same length. */
  function replaced(from: string, to: string): string {
    expect(toHex(der)).toContain(from);
    return encodePem(fromHex(toHex(der).replace(from, to))!, 'ENCRYPTED PRIVATE KEY');
  }

  it('wants its password, and no other', async () => {
    expect(await problemOf(file)).toBe('password-needed');
    for (const wrong of [`${PASSWORD} `, PASSWORD.toLowerCase(), 'x']) {
      expect(await problemOf(file, wrong)).toBe('wrong-password');
    }
    // One in 256 of these leaves the padding in order, and is refused as no key.
    const tries = Array.from({ length: 600 }, (_, i) => problemOf(file, `wrong ${i}`));
    expect(new Set(await Promise.all(tries))).toEqual(new Set(['wrong-password']));
  });

  it('says what is wrong with the key inside', async () => {
    openssl.run('genpkey', '-algorithm', 'ED25519', '-aes-256-cbc', '-pass', GIVEN_PASSWORD, '-out', 'inside.pem');
    expect(await problemOf(openssl.read('inside.pem'), PASSWORD)).toBe('not-rsa');
    openssl.run(
      'genpkey',
      '-algorithm',
      'RSA',
      '-pkeyopt',
      'rsa_keygen_bits:2048',
      '-aes-256-cbc',
      '-pass',
      GIVEN_PASSWORD,
      '-out',
      'inside.pem',
    );
    expect(await problemOf(openssl.read('inside.pem'), PASSWORD)).toBe('too-short');
  });

  it.each([
    ['another cipher', ['-v2', 'aes-128-cbc'], 'other-encryption'],
    ['triple DES', ['-v2', 'des3'], 'other-encryption'],
    ['the first scheme of PKCS#5', ['-v1', 'PBE-SHA1-3DES'], 'other-encryption'],
    ['another hash', ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512-256'], 'other-encryption'],
    ['scrypt', ['-scrypt'], 'scrypt'],
  ])('is encrypted with %s', async (_, how, problem) => {
    expect(await problemOf(encrypted(...how), PASSWORD)).toBe(problem);
  });

  it('is encrypted in the traditional way', async () => {
    const file = converted('pkey', '-traditional', '-aes256', '-passout', GIVEN_PASSWORD);
    expect(fromUtf8(file)).toContain('Proc-Type: 4,ENCRYPTED');
    expect(await problemOf(file, PASSWORD)).toBe('other-encryption');
  });

  it('may ask for so much work, and no more', async () => {
    const salted = /0408([0-9a-f]{16})020101/.exec(toHex(der))!;
    const asking = (iterations: bigint) => {
      const [content] = readContents(der, SEQUENCE)!;
      const [scheme, ciphertext] = readContents(content!, SEQUENCE, OCTET_STRING)!;
      const [pbes2, parameters] = readContents(scheme!, OBJECT_IDENTIFIER, SEQUENCE)!;
      const [kdf, cipher] = readContents(parameters!, SEQUENCE, SEQUENCE)!;
      const [pbkdf2] = readContents(kdf!, OBJECT_IDENTIFIER, SEQUENCE)!;
      const digits = iterations.toString(16);
      const count = unsigned(fromHex(digits.padStart(digits.length + (digits.length % 2), '0'))!);
      const how = element(SEQUENCE, element(OCTET_STRING, fromHex(salted[1]!)!), count);
      const schemeOf = element(
        SEQUENCE,
        element(OBJECT_IDENTIFIER, pbes2!),
        element(SEQUENCE, element(SEQUENCE, element(OBJECT_IDENTIFIER, pbkdf2!), how), element(SEQUENCE, cipher!)),
      );
      return encodePem(element(SEQUENCE, schemeOf, element(OCTET_STRING, ciphertext!)), 'ENCRYPTED PRIVATE KEY');
    };
    expect(await problemOf(asking(0n), PASSWORD)).toBe('damaged');
    // Opened, and then SHA-1 gives another key than SHA-256 did.
    expect(await problemOf(asking(1n), PASSWORD)).toBe('wrong-password');
    expect(await problemOf(asking(2_000_000n), PASSWORD)).toBe('wrong-password');
    expect(await problemOf(asking(2_000_001n), PASSWORD)).toBe('too-much-work');
    expect(await problemOf(asking(1n << 64n), PASSWORD)).toBe('too-much-work');
    expect(await problemOf(asking(1n << 4096n), PASSWORD)).toBe('too-much-work');
  });

  it('must name a salt, a nonce and a key of the right kind', async () => {
    const nonce = /60864801650304012a0410/.exec(toHex(der))![0];
    expect(await problemOf(replaced(nonce, nonce.replace('0410', '0510')), PASSWORD)).toBe('damaged');
    expect(await problemOf(replaced('2a864886f70d02090500', '2a864886f70d02090400'), PASSWORD)).toBe('damaged');
    expect(await problemOf(replaced('020101', '020181'), PASSWORD)).toBe('damaged');
  });
});
