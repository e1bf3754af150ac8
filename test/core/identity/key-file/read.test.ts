/** Key files as openssl, Node and others write them, and files that are none. */
import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, fromHex, fromUtf8, toHex, u8, utf8, type Bytes } from '../../../../signal/wire/bytes.ts';
import type { ChatError } from '../../../../app/core/base/errors.ts';
import { encodePem, decodePem } from '../../../../app/core/identity/key-file/pem.ts';
import { KeyFileError, type KeyFileProblem } from '../../../../app/core/identity/key-file/problem.ts';
import { isEncrypted, MAX_KEY_FILE_BYTES, openKeyFile } from '../../../../app/core/identity/key-file/read.ts';
import {
  element,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readContents,
  SEQUENCE,
  unsigned,
} from '../../../../app/core/identity/key-file/der.ts';
import { anyBytes, damaged } from '../../../parts/arbitrary.ts';
import { spkiOf } from '../../../parts/identities.ts';
import { Openssl } from '../../../parts/openssl.ts';

const PASSWORD = 'Quiet späte Stunde';

const openssl = new Openssl();
afterAll(() => openssl.dispose());

/** A key that openssl made, and what follows from it. */
let plain: Bytes;
let text: string;
let spki: Bytes;
let jwk: JsonWebKey;

beforeAll(() => {
  plain = openssl.rsa('key.pem', 3072);
  text = fromUtf8(plain)!;
  spki = publicHalf('key.pem');
  jwk = createPrivateKey(text).export({ format: 'jwk' });
});

/** The public key in a file, as openssl says it. */
function publicHalf(name: string): Bytes {
  return openssl.run('pkey', '-in', name, '-passin', `pass:${PASSWORD}`, '-pubout', '-outform', 'DER');
}

/** The key of a file in another form. */
function converted(command: string, ...options: readonly string[]): Bytes {
  openssl.run(command, '-in', 'key.pem', ...options, '-out', 'converted.pem');
  return openssl.read('converted.pem');
}

const withPassword = ['-passout', `pass:${PASSWORD}`];

/** The public half of what a file holds. */
async function opened(file: Bytes | string, password = ''): Promise<Bytes> {
  const pair = await openKeyFile(typeof file === 'string' ? utf8(file) : file, password);
  expect(pair.privateKey.extractable).toBe(true);
  expect(pair.privateKey.algorithm.name).toBe('RSA-PSS');
  return spkiOf(pair.publicKey);
}

/** What is wrong with a file. */
async function problemOf(file: Bytes | string, password = ''): Promise<KeyFileProblem | undefined> {
  try {
    await openKeyFile(typeof file === 'string' ? utf8(file) : file, password);
    return undefined;
  } catch (error) {
    // Nothing else may ever come out.
    expect(error).toBeInstanceOf(KeyFileError);
    expect((error as ChatError).message).toMatch(/^[A-Z].*[^.]\.$/);
    expect((error as ChatError).message).not.toContain('. ');
    return (error as KeyFileError).problem;
  }
}

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
      const file = converted('pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-v2prf', prf, ...withPassword);
      expect(isEncrypted(file)).toBe(true);
      expect(await opened(file, PASSWORD)).toEqual(spki);
    },
  );

  it('is read when `openssl genpkey` or `openssl pkey` encrypted it', async () => {
    expect(await opened(converted('pkey', '-aes-256-cbc', ...withPassword), PASSWORD)).toEqual(spki);
    const made = openssl.rsa('encrypted.pem', 3072);
    openssl.run(
      'genpkey',
      '-algorithm',
      'RSA',
      '-pkeyopt',
      'rsa_keygen_bits:3072',
      '-aes-256-cbc',
      '-pass',
      `pass:${PASSWORD}`,
      '-out',
      'encrypted.pem',
    );
    expect(openssl.read('encrypted.pem')).not.toEqual(made);
    expect(await opened(openssl.read('encrypted.pem'), PASSWORD)).toEqual(publicHalf('encrypted.pem'));
  });

  it('is read in the traditional form of RSA keys, and as Node and browsers write JWK', async () => {
    const traditional = converted('pkey', '-traditional');
    expect(fromUtf8(traditional)).toContain('BEGIN RSA PRIVATE KEY');
    expect(await opened(traditional)).toEqual(spki);
    expect(await opened(JSON.stringify(jwk))).toEqual(spki);
    const pss = { name: 'RSA-PSS', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('jwk', { ...jwk, kty: 'RSA' }, pss, true, ['sign']);
    const written = await crypto.subtle.exportKey('jwk', key);
    expect(written).toMatchObject({ alg: 'PS256', key_ops: ['sign'], ext: true });
    expect(await opened(JSON.stringify(written, null, 2))).toEqual(spki);
    expect(await opened(JSON.stringify({ ...jwk, use: 'sig', key_ops: ['sign', 'verify'], kid: 'mine' }))).toEqual(
      spki,
    );
    // Leading zeros, which RFC 7518 forbids and some write.
    expect(await opened(JSON.stringify({ ...jwk, n: `AAAA${jwk.n!}` }))).toEqual(spki);
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

/** A plain key file of these bytes. */
const pem = (bytes: Bytes) => encodePem(bytes, 'PRIVATE KEY');

/** The version, algorithm and key of our file, each an element. */
function pkcs8Parts(): [version: Bytes, algorithm: Bytes, key: Bytes] {
  const [content] = readContents(decodePem(text, 'PRIVATE KEY'), SEQUENCE)!;
  const [version, algorithm, key] = readContents(content!, INTEGER, SEQUENCE, OCTET_STRING)!;
  return [element(INTEGER, version!), element(SEQUENCE, algorithm!), element(OCTET_STRING, key!)];
}

/** Our key with some numbers changed, as a file. */
function altered(changes: Partial<Record<string, bigint>>): string {
  return JSON.stringify({
    ...jwk,
    ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, base64Url(value!)])),
  });
}

function base64Url(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
}

const number = (name: string) =>
  BigInt(`0x${Buffer.from((jwk as Record<string, string>)[name]!, 'base64url').toString('hex')}`);

describe('a key that Sotto does not take', () => {
  it.each([
    [2048, 'too-short'],
    [3070, 'too-short'],
    [3074, 'odd-size'],
    [4094, 'odd-size'],
    [4098, 'too-long'],
  ])('has %i bits: %s', async (bits, problem) => {
    expect(await problemOf(openssl.rsa('size.pem', bits))).toBe(problem);
  });

  it('has one bit more or less than 3072 or 4096', async () => {
    const sizes = [3071, 3073, 4095, 4097].map((bits) => altered({ n: (1n << BigInt(bits - 1)) + 1n }));
    expect(await Promise.all(sizes.map((file) => problemOf(file)))).toEqual([
      'too-short',
      'odd-size',
      'odd-size',
      'too-long',
    ]);
  });

  it('has another exponent, 3 or 1', async () => {
    expect(await problemOf(openssl.rsa('exponent.pem', 3072, 'rsa_keygen_pubexp:3'))).toBe('exponent');
    for (const e of [0n, 1n, 3n, 65536n, 65539n, 1n << 64n]) expect(await problemOf(altered({ e }))).toBe('exponent');
  });

  it('has more than two primes', async () => {
    expect(await problemOf(openssl.rsa('primes.pem', 3072, 'rsa_keygen_primes:3'))).toBe('more-primes');
    expect(await problemOf(JSON.stringify({ ...jwk, oth: [{ r: 'AQ', d: 'AQ', t: 'AQ' }] }))).toBe('more-primes');
  });

  it.each([
    ['of an elliptic curve', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['of Ed25519', ['-algorithm', 'ED25519']],
    ['of X25519', ['-algorithm', 'X25519']],
  ])('is %s', async (_, options) => {
    expect(await problemOf(openssl.genpkey('other.pem', ...options))).toBe('not-rsa');
  });

  it('is of DSA', async () => {
    openssl.run(
      'genpkey',
      '-genparam',
      '-algorithm',
      'DSA',
      '-pkeyopt',
      'dsa_paramgen_bits:1024',
      '-out',
      'dsa.params',
    );
    expect(await problemOf(openssl.genpkey('dsa.pem', '-paramfile', 'dsa.params'))).toBe('not-rsa');
  });

  it('is of an elliptic curve, in the traditional form or as JWK', async () => {
    openssl.run('ecparam', '-name', 'prime256v1', '-genkey', '-out', 'ec.pem');
    expect(fromUtf8(openssl.read('ec.pem'))).toMatch(/EC PARAMETERS[^]*EC PRIVATE KEY/);
    expect(await problemOf(openssl.read('ec.pem'))).toBe('not-rsa');
    expect(await problemOf(JSON.stringify({ kty: 'EC', crv: 'P-256', x: '', y: '', d: '' }))).toBe('not-rsa');
  });

  it('is bound to PSS, or is of RSA with other parameters', async () => {
    const bound = ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:3072'];
    expect(await problemOf(openssl.genpkey('pss.pem', ...bound))).toBe('restricted');
    const [version, , key] = pkcs8Parts();
    const rsa = element(OBJECT_IDENTIFIER, fromHex('2a864886f70d010101')!);
    for (const algorithm of [
      element(SEQUENCE, rsa),
      element(SEQUENCE, rsa, element(OCTET_STRING)),
      element(SEQUENCE, rsa, element(NULL), element(NULL)),
    ]) {
      expect(await problemOf(pem(element(SEQUENCE, version, algorithm, key)))).toBe('damaged');
    }
  });

  it('is for something else, by its own word', async () => {
    for (const purpose of [
      { use: 'enc' },
      { alg: 'RSA-OAEP' },
      { alg: 'RS256' },
      { key_ops: ['decrypt'] },
      { key_ops: ['verify'] },
      { key_ops: ['sign', 'decrypt'] },
      { key_ops: 'sign' },
      { use: null },
    ]) {
      expect(await problemOf(JSON.stringify({ ...jwk, ...purpose }))).toBe('jwk-purpose');
    }
  });

  it('lacks numbers', async () => {
    for (const name of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']) {
      expect(await problemOf(JSON.stringify({ ...jwk, [name]: undefined }))).toBe('jwk-incomplete');
      expect(await problemOf(JSON.stringify({ ...jwk, [name]: 5 }))).toBe('damaged');
      expect(await problemOf(JSON.stringify({ ...jwk, [name]: '+/==' }))).toBe('damaged');
    }
  });

  it('has numbers that do not fit together, each by itself', async () => {
    for (const name of ['n', 'd', 'p', 'q', 'dp', 'dq', 'qi']) {
      // Of the same size, or another check would find it.
      for (const value of [number(name) ^ 2n, number(name) ^ (1n << 800n)]) {
        expect(await problemOf(altered({ [name]: value })), name).toBe('inconsistent');
      }
      if (name !== 'n')
        for (const value of [0n, 1n]) expect(await problemOf(altered({ [name]: value }))).toBe('inconsistent');
    }
    expect(await problemOf(altered({ p: number('q'), q: number('p') }))).toBe('inconsistent');
    expect(await problemOf(altered({ p: 1n, q: number('n') }))).toBe('inconsistent');
    // The same key for whoever reduces by the order of the group; WebCrypto may not take it.
    expect(await problemOf(altered({ d: number('d') + number('n') }))).toBe('inconsistent');
  });

  it('is made of numbers that fit together, but of no primes', async () => {
    const [p, q, e] = [coprime(1536, 2n), coprime(1536, 4n), 65537n];
    const n = p * q;
    const d = inverse(e, (p - 1n) * (q - 1n));
    const made = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
    expect(n.toString(2)).toHaveLength(3072);
    expect(await problemOf(altered(made))).toBe('inconsistent');
  });
});

/** An odd number of so many bits, the two highest set, whose predecessor the exponent does not divide; hardly a prime. */
function coprime(bits: number, offset: bigint): bigint {
  // A multiple of three, so no prime at all.
  for (let x = (3n << BigInt(bits - 2)) + 1n + offset; ; x += 2n)
    if (x % 3n === 0n && (x - 1n) % 65537n !== 0n) return x;
}

function inverse(of: bigint, modulus: bigint): bigint {
  let [r, next, s, t] = [of % modulus, modulus, 1n, 0n];
  while (next !== 0n) [r, next, s, t] = [next, r % next, t, s - (r / next) * t];
  return ((s % modulus) + modulus) % modulus;
}

describe('a file that holds something else', () => {
  it('is a public key', async () => {
    expect(await problemOf(converted('pkey', '-pubout'))).toBe('public');
    expect(await problemOf(converted('rsa', '-RSAPublicKey_out'))).toBe('public');
    expect(await problemOf(JSON.stringify({ kty: 'RSA', n: jwk.n, e: jwk.e }))).toBe('public');
    expect(await problemOf('ssh-rsa AAAAB3NzaC1yc2E ann@home')).toBe('public');
  });

  it('is a certificate, or a request for one', async () => {
    for (const more of [['-x509'], []]) {
      openssl.run('req', '-new', ...more, '-key', 'key.pem', '-subj', '/CN=Ann', '-out', 'certificate.pem');
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
    openssl.run('req', '-new', '-x509', '-key', 'key.pem', '-subj', '/CN=Ann', '-out', 'certificate.pem');
    openssl.run('pkcs12', '-export', '-inkey', 'key.pem', '-in', 'certificate.pem', ...withPassword, '-out', 'key.p12');
    expect(await problemOf(openssl.read('key.p12'))).toBe('binary');
  });

  it('holds more than one key, or anything beside it', async () => {
    expect(await problemOf(text + text)).toBe('several');
    expect(await problemOf(`Bag Attributes\n${text}`)).toBe('several');
    expect(await problemOf(`${text}\nmine`)).toBe('several');
    expect(await problemOf(JSON.stringify({ keys: [jwk] }))).toBe('several');
    expect(await problemOf(`${JSON.stringify(jwk)}\n{}`)).toBe('damaged');
  });

  it('holds bytes after the key', async () => {
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

describe('an encrypted key file', () => {
  let encrypted: Bytes;
  let der: Bytes;

  beforeAll(() => {
    encrypted = converted('pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-iter', '1', ...withPassword);
    der = decodePem(fromUtf8(encrypted)!, 'ENCRYPTED PRIVATE KEY');
  });

  /** The file with the first of these bytes replaced by others of the same length. */
  function replaced(from: string, to: string): string {
    expect(toHex(der)).toContain(from);
    return encodePem(fromHex(toHex(der).replace(from, to))!, 'ENCRYPTED PRIVATE KEY');
  }

  it('wants its password, and no other', async () => {
    expect(await problemOf(encrypted)).toBe('password-needed');
    for (const wrong of [`${PASSWORD} `, PASSWORD.toLowerCase(), 'x']) {
      expect(await problemOf(encrypted, wrong)).toBe('wrong-password');
    }
    // One in 256 of these leaves the padding in order, and is refused as no key.
    const tries = Array.from({ length: 600 }, (_, i) => problemOf(encrypted, `wrong ${i}`));
    expect(new Set(await Promise.all(tries))).toEqual(new Set(['wrong-password']));
  });

  it('says what is wrong with the key inside', async () => {
    openssl.run('genpkey', '-algorithm', 'ED25519', '-aes-256-cbc', '-pass', `pass:${PASSWORD}`, '-out', 'inside.pem');
    expect(await problemOf(openssl.read('inside.pem'), PASSWORD)).toBe('not-rsa');
    openssl.run(
      'genpkey',
      '-algorithm',
      'RSA',
      '-pkeyopt',
      'rsa_keygen_bits:2048',
      '-aes-256-cbc',
      '-pass',
      `pass:${PASSWORD}`,
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
    expect(await problemOf(converted('pkcs8', '-topk8', ...how, ...withPassword), PASSWORD)).toBe(problem);
  });

  it('is encrypted in the traditional way', async () => {
    const file = converted('pkey', '-traditional', '-aes256', ...withPassword);
    expect(fromUtf8(file)).toContain('Proc-Type: 4,ENCRYPTED');
    expect(await problemOf(file, PASSWORD)).toBe('other-encryption');
  });

  it('is opened by what its sentence advises', async () => {
    for (const how of [['-scrypt'], ['-v2', 'des3'], ['-v1', 'PBE-SHA1-3DES']]) {
      openssl.saved('refused.pem', converted('pkcs8', '-topk8', ...how, ...withPassword));
      openssl.run(
        'pkey',
        '-in',
        'refused.pem',
        '-passin',
        `pass:${PASSWORD}`,
        '-aes256',
        ...withPassword,
        '-out',
        'advised.pem',
      );
      expect(await opened(openssl.read('advised.pem'), PASSWORD)).toEqual(spki);
    }
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
    expect(await problemOf(asking(10_000_000n), PASSWORD)).toBe('wrong-password');
    expect(await problemOf(asking(10_000_001n), PASSWORD)).toBe('too-much-work');
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

describe('a damaged key file', () => {
  it('is refused in a sentence wherever it was cut', async () => {
    const file = utf8(text.trim());
    for (let length = 0; length < file.length; length++) {
      const problem = await problemOf(file.slice(0, length));
      expect(['damaged', 'not-a-key'], `${length} bytes`).toContain(problem);
    }
  });

  it('is refused in a sentence wherever its DER was cut, and wherever it was changed', async () => {
    const sound = decodePem(text, 'PRIVATE KEY');
    for (let length = 0; length < sound.length; length++) {
      expect(await problemOf(pem(sound.slice(0, length))), `${length} bytes`).toBe('damaged');
    }
    await fc.assert(
      fc.asyncProperty(damaged(sound), async (bytes) => {
        const problem = await problemOf(pem(bytes));
        expect(problem === undefined).toBe(toHex(bytes) === toHex(sound));
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused in a sentence wherever an encrypted one, or a JWK, was changed', async () => {
    const encrypted = converted('pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-iter', '1', ...withPassword);
    const der = decodePem(fromUtf8(encrypted)!, 'ENCRYPTED PRIVATE KEY');
    const anyOf = (sound: Bytes, asFile: (bytes: Bytes) => Bytes | string) =>
      fc.assert(
        fc.asyncProperty(damaged(sound), async (bytes) => {
          await problemOf(asFile(bytes), PASSWORD);
        }),
        { numRuns: 500 },
      );
    await anyOf(der, (bytes) => encodePem(bytes, 'ENCRYPTED PRIVATE KEY'));
    await anyOf(utf8(JSON.stringify(jwk)), (bytes) => bytes);
    await anyOf(encrypted, (bytes) => bytes);
  });

  it('is refused in a sentence whatever its bytes are', async () => {
    const asPlain = (bytes: Bytes) => pem(bytes);
    const asEncrypted = (bytes: Bytes) => encodePem(bytes, 'ENCRYPTED PRIVATE KEY');
    const asTraditional = (bytes: Bytes) => encodePem(bytes, 'RSA PRIVATE KEY');
    for (const asFile of [(bytes: Bytes) => bytes, asPlain, asEncrypted, asTraditional]) {
      await fc.assert(
        fc.asyncProperty(anyBytes(300), async (bytes) => {
          expect(await problemOf(asFile(bytes), PASSWORD)).toBeDefined();
        }),
        { numRuns: 500 },
      );
    }
  });
});
