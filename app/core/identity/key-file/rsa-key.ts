/**
 * An RSA private key by its numbers, and what makes it fit to sign with.
 *
 *     PKCS#8         SEQUENCE { version 0, algorithm, OCTET STRING { RSAPrivateKey }, attributes [0]? }
 *     algorithm      SEQUENCE { rsaEncryption, NULL }
 *     RSAPrivateKey  SEQUENCE { version 0, n, e, d, p, q, dp, dq, qi }
 */
import { concat, equal, fromHex, toHex, u8, type Bytes } from '../../../../signal/wire/bytes.ts';
import { importPublicKey, PSS, sign, verify } from '../../../../signal/wire/keys.ts';
import { wipe } from '../../crypto/wipe.ts';
import {
  BIT_STRING,
  element,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readContents,
  readUnsigned,
  SEQUENCE,
  unsigned,
} from './der.ts';
import { KeyFileError, type KeyFileProblem } from './problem.ts';

/** The numbers of a private key, as PKCS#1 orders and JWK names them. */
export const RSA_NUMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/** Each number in big-endian bytes, without leading zeros. */
export type RsaKey = Readonly<Record<(typeof RSA_NUMBERS)[number], Bytes>>;

const RSA_ENCRYPTION = '2a864886f70d010101';
/** RSAES-OAEP and RSASSA-PSS. */
const RESTRICTED = ['2a864886f70d010107', '2a864886f70d01010a'];
const ALGORITHM = element(SEQUENCE, element(OBJECT_IDENTIFIER, fromHex(RSA_ENCRYPTION)!), element(NULL));
/** The tag of a PKCS#8 key's attributes, which say nothing that Sotto goes by. */
const ATTRIBUTES = 0xa0;
const SIZES = [3072, 4096];
/** What is signed to try a key never leaves this file, so it needs no label. */
const UNLABELLED: Bytes = new Uint8Array(0);

/** Reads a PKCS#8 private key. @throws KeyFileError */
export function readPkcs8(bytes: Bytes): RsaKey {
  const [content] = readContents(bytes, SEQUENCE) ?? [];
  const parts =
    content &&
    (readContents(content, INTEGER, SEQUENCE, OCTET_STRING) ??
      readContents(content, INTEGER, SEQUENCE, OCTET_STRING, ATTRIBUTES));
  if (!parts) throw new KeyFileError('damaged');
  const [version, algorithm, key] = parts as [Bytes, Bytes, Bytes];
  if (!equal(version, u8(0))) throw new KeyFileError('damaged');
  checkAlgorithm(algorithm);
  return readPkcs1(key);
}

/** Reads an RSAPrivateKey, as it stands by itself in traditional files. @throws KeyFileError */
export function readPkcs1(bytes: Bytes): RsaKey {
  const [content] = readContents(bytes, SEQUENCE) ?? [];
  const integers = RSA_NUMBERS.map(() => INTEGER);
  if (content && readContents(content, INTEGER, ...integers, SEQUENCE)) throw new KeyFileError('more-primes');
  const [version, ...numbers] = (content && readContents(content, INTEGER, ...integers)) ?? [];
  if (!version || !equal(version, u8(0))) throw new KeyFileError('damaged');
  return rsaKey((name) => readUnsigned(numbers[RSA_NUMBERS.indexOf(name)]!) ?? fail('damaged'));
}

/** A key of the numbers that a function has for these names. */
export function rsaKey(numberOf: (name: (typeof RSA_NUMBERS)[number]) => Bytes): RsaKey {
  return Object.fromEntries(RSA_NUMBERS.map((name) => [name, numberOf(name)])) as unknown as RsaKey;
}

/** Refuses a key of a size or an exponent that no card may have. */
function checkSize({ n, e }: RsaKey): void {
  const bits = n.length === 0 ? 0 : 8 * n.length - Math.clz32(n[0]!) + 24;
  if (bits < Math.min(...SIZES)) throw new KeyFileError('too-short');
  if (bits > Math.max(...SIZES)) throw new KeyFileError('too-long');
  if (!SIZES.some((size) => size === bits)) throw new KeyFileError('odd-size');
  if (!equal(e, Uint8Array.of(1, 0, 1))) throw new KeyFileError('exponent');
}

/** Makes the pair that signs, exportable once to be sealed, if it is sound. @throws KeyFileError */
export async function signingPair(key: RsaKey): Promise<CryptoKeyPair> {
  checkSize(key);
  // Runtimes differ in what they check on import, and some check nothing.
  if (!fitsTogether(key)) throw new KeyFileError('inconsistent');
  const pkcs8 = encodePkcs8(key);
  try {
    const [privateKey, publicKey] = await Promise.all([
      crypto.subtle.importKey('pkcs8', pkcs8, PSS, true, ['sign']),
      importPublicKey(encodeSpki(key), 'verify'),
    ]);
    // A number taken for a prime that is none shows in what it signs.
    const signature = await sign(privateKey, UNLABELLED, []);
    if (publicKey && (await verify(publicKey, UNLABELLED, [], signature))) return { privateKey, publicKey };
  } catch {
    // What WebCrypto says of a key could hold parts of it.
  } finally {
    wipe(pkcs8);
  }
  throw new KeyFileError('inconsistent');
}

function checkAlgorithm(algorithm: Bytes): void {
  const [identifier] = readContents(algorithm, OBJECT_IDENTIFIER, NULL) ?? [];
  if (identifier && toHex(identifier) === RSA_ENCRYPTION) return;
  // Whatever follows the identifier is of that algorithm's own kind.
  const isOneOf = (oids: readonly string[]) =>
    oids.some((oid) => toHex(algorithm).startsWith(toHex(element(OBJECT_IDENTIFIER, fromHex(oid)!))));
  if (isOneOf(RESTRICTED)) fail('restricted');
  fail(isOneOf([RSA_ENCRYPTION]) ? 'damaged' : 'not-rsa');
}

/** Whether each number follows from the primes as it should. That they are primes is not looked at. */
function fitsTogether(key: RsaKey): boolean {
  const { n, e, d, p, q, dp, dq, qi } = Object.fromEntries(
    RSA_NUMBERS.map((name) => [name, BigInt(`0x0${toHex(key[name])}`)]),
  ) as Record<(typeof RSA_NUMBERS)[number], bigint>;
  if (p < 3n || q < 3n || p === q || p * q !== n || d >= n) return false;
  const ofHalf = (half: bigint, prime: bigint) => half === d % (prime - 1n) && (e * half) % (prime - 1n) === 1n;
  return ofHalf(dp, p) && ofHalf(dq, q) && qi < p && (qi * q) % p === 1n;
}

function encodePkcs8(key: RsaKey): Bytes {
  const numbers = RSA_NUMBERS.map((name) => unsigned(key[name]));
  const rsa = element(SEQUENCE, unsigned(u8(0)), ...numbers);
  const pkcs8 = element(SEQUENCE, unsigned(u8(0)), ALGORITHM, element(OCTET_STRING, rsa));
  wipe(rsa, ...numbers);
  return pkcs8;
}

function encodeSpki({ n, e }: RsaKey): Bytes {
  const key = element(SEQUENCE, unsigned(n), unsigned(e));
  return element(SEQUENCE, ALGORITHM, element(BIT_STRING, concat(u8(0), key)));
}

function fail(problem: KeyFileProblem): never {
  throw new KeyFileError(problem);
}
