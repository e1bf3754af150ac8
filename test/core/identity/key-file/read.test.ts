/** Key files as openssl writes them, and files that are none. */
import { describe, expect, it } from 'vitest';
import { concat, u8, utf8 } from '../../../../signal/wire/bytes.ts';
import {
  element,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readContents,
  SEQUENCE,
} from '../../../../app/core/identity/key-file/der.ts';
import { decodePem } from '../../../../app/core/identity/key-file/pem.ts';
import { KeyFileError } from '../../../../app/core/identity/key-file/problem.ts';
import { isEncrypted, MAX_KEY_FILE_BYTES, openKeyFile } from '../../../../app/core/identity/key-file/read.ts';
import { GIVEN_PASSWORD, opened, ownKey, PASSWORD, pem, problemOf } from '../../../parts/key-files.ts';

const { openssl, plain, text, spki, jwk, publicHalf, converted, encrypted, pkcs8Parts } = ownKey();

describe('a key that somebody made', () => {
  it.each([3072, 4096])('is read as openssl wrote it: %i bits', async (bits) => {
    const name = `${bits}.pem`;
    const file = openssl.rsa(name, bits);
    expect(isEncrypted(file)).toBe(false);
    expect(await opened(file)).toEqual(publicHalf(name));
  });

  it.each(['hmacWithSHA1', 'hmacWithSHA256', 'hmacWithSHA384', 'hmacWithSHA512'])(
    'is read when encrypted with AES-256 and PBKDF2 of %s',
    async (prf) => {
      const file = encrypted('-v2', 'aes-256-cbc', '-v2prf', prf);
      expect(isEncrypted(file)).toBe(true);
      expect(await opened(file, PASSWORD)).toEqual(spki);
    },
  );

  it('is read when `openssl genpkey` or `openssl pkey` encrypted it', async () => {
    expect(await opened(converted('pkey', '-aes-256-cbc', '-passout', GIVEN_PASSWORD), PASSWORD)).toEqual(spki);
    const made = openssl.rsa('encrypted.pem', 3072);
    openssl.run(
      'genpkey',
      '-algorithm',
      'RSA',
      '-pkeyopt',
      'rsa_keygen_bits:3072',
      '-aes-256-cbc',
      '-pass',
      GIVEN_PASSWORD,
      '-out',
      'encrypted.pem',
    );
    expect(openssl.read('encrypted.pem')).not.toEqual(made);
    expect(await opened(openssl.read('encrypted.pem'), PASSWORD)).toEqual(publicHalf('encrypted.pem'));
  });

  it('is read whatever its line ends are, and with a byte order mark', async () => {
    expect(await opened(text.replaceAll('\n', '\r\n'))).toEqual(spki);
    expect(await opened(`\uFEFF${text}\n\n`)).toEqual(spki);
    expect(await opened(text.trim())).toEqual(spki);
  });

  it('is read when it carries attributes', async () => {
    const parts = pkcs8Parts();
    const attributes = element(
      0xa0,
      element(SEQUENCE, element(OBJECT_IDENTIFIER, u8(0x2a)), element(0x31, u8(5), u8(0))),
    );
    expect(await opened(pem(element(SEQUENCE, ...parts, attributes)))).toEqual(spki);
  });

  it('becomes a pair whose private half fits its public one', async () => {
    const { privateKey, publicKey } = await openKeyFile(plain, '');
    const pss = { name: 'RSA-PSS', saltLength: 32 };
    const signature = await crypto.subtle.sign(pss, privateKey, utf8('x'));
    expect(await crypto.subtle.verify(pss, publicKey, signature, utf8('x'))).toBe(true);
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
    expect(pkcs8).toEqual(decodePem(text, 'PRIVATE KEY'));
  });
});

describe('a file that holds something else', () => {
  it('is a public key', async () => {
    expect(await problemOf(converted('pkey', '-pubout'))).toBe('public');
    expect(await problemOf(converted('rsa', '-RSAPublicKey_out'))).toBe('public');
    expect(await problemOf(JSON.stringify({ kty: 'RSA', n: jwk.n, e: jwk.e }))).toBe('public');
    expect(await problemOf('ssh-rsa AAAAB3NzaC1yc2E ann@home')).toBe('public');
  });

  it('is a certificate, or a request for one', async () => {
    for (const more of [['-x509'], []]) {
      openssl.run('req', '-new', ...more, '-key', 'own.pem', '-subj', '/CN=Ann', '-out', 'certificate.pem');
      expect(await problemOf(openssl.read('certificate.pem'))).toBe('certificate');
    }
  });

  it('is a key for OpenSSH', async () => {
    expect(await problemOf('-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n')).toBe(
      'openssh',
    );
  });

  it('is binary: DER, or PKCS#12', async () => {
    expect(await problemOf(converted('pkey', '-outform', 'DER'))).toBe('binary');
    expect(await problemOf(openssl.pkcs12('own.pem', GIVEN_PASSWORD))).toBe('binary');
  });

  it('holds more than one key, or anything beside it', async () => {
    expect(await problemOf(text + text)).toBe('several');
    expect(await problemOf(`Bag Attributes\n${text}`)).toBe('several');
    expect(await problemOf(`${text}\nmine`)).toBe('several');
    expect(await problemOf(JSON.stringify({ keys: [jwk] }))).toBe('several');
    expect(await problemOf(`${JSON.stringify(jwk)}\n{}`)).toBe('damaged');
  });

  it('holds bytes after the key (fault 22)', async () => {
    const [version, algorithm, key] = pkcs8Parts();
    const sound = decodePem(text, 'PRIVATE KEY');
    const [keyContent] = readContents(key, OCTET_STRING)!;
    expect(await problemOf(pem(concat(sound, u8(0))))).toBe('damaged');
    expect(await problemOf(pem(element(SEQUENCE, version, algorithm, key, element(NULL))))).toBe('damaged');
    expect(await problemOf(pem(element(SEQUENCE, version, algorithm, element(OCTET_STRING, keyContent!, u8(0)))))).toBe(
      'damaged',
    );
  });

  it.each([
    '',
    ' ',
    'hello',
    '{',
    '[]',
    '{}',
    'null',
    '-----BEGIN PGP PRIVATE KEY BLOCK-----',
    '-----BEGIN MESSAGE-----',
  ])('is no key file: %j', async (content) => {
    expect(['not-a-key', 'damaged']).toContain(await problemOf(content));
  });

  it('is larger than a key file, by one byte', async () => {
    const padded = (length: number) => concat(plain, utf8(' '.repeat(length - plain.length)));
    expect(await opened(padded(MAX_KEY_FILE_BYTES - 1))).toEqual(spki);
    expect(await opened(padded(MAX_KEY_FILE_BYTES))).toEqual(spki);
    expect(await problemOf(padded(MAX_KEY_FILE_BYTES + 1))).toBe('too-large');
    expect(() => isEncrypted(padded(MAX_KEY_FILE_BYTES + 1))).toThrow(KeyFileError);
  });
});
