/**
 * Encryption of PKCS#8 by a password: PBES2 (RFC 8018) of PBKDF2 and AES-256-CBC, as `openssl pkey -aes256` does it.
 *
 *     file    SEQUENCE { SEQUENCE { PBES2, SEQUENCE { kdf, cipher } }, OCTET STRING { ciphertext } }
 *     kdf     SEQUENCE { PBKDF2, SEQUENCE { salt, iterations, key length?, SEQUENCE { HMAC of a hash, NULL }? } }
 *     cipher  SEQUENCE { AES-256-CBC, OCTET STRING { iv 16 } }
 *
 * Nothing but the padding shows that a password is wrong: what it gives must still be read as a key.
 */
import { fromHex, toHex, utf8, type Bytes } from '../../../../signal/wire/bytes.ts';
import { randomBytes } from '../../crypto/random.ts';
import {
  element,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readContents,
  readElements,
  readUnsigned,
  SEQUENCE,
  unsigned,
} from './der.ts';
import { KeyFileError } from './problem.ts';

const PBES2 = '2a864886f70d01050d';
const PBKDF2 = '2a864886f70d01050c';
const SCRYPT = '2b06010401da47040b';
const AES_256_CBC = '60864801650304012a';
const HMAC_SHA_256 = '2a864886f70d0209';
/** The hashes that browsers have, by their HMACs. */
const HASHES = new Map([
  ['2a864886f70d0207', 'SHA-1'],
  [HMAC_SHA_256, 'SHA-256'],
  ['2a864886f70d020a', 'SHA-384'],
  ['2a864886f70d020b', 'SHA-512'],
]);

/** What a file may ask for: some seconds of work. */
const MAX_ITERATIONS = 2_000_000;
/** What a file of ours asks for: as often as OWASP advises. */
const ITERATIONS = 600_000;
const FILE_SALT_BYTES = 16;
const CBC_IV_BYTES = 16;
const KEY_BYTES = 32;

/** A key file that its password opens. */
export interface Encrypted {
  readonly stretching: Stretching;
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
}

interface Stretching {
  readonly hash: string;
  readonly salt: Bytes;
  readonly iterations: number;
}

/** Reads an EncryptedPrivateKeyInfo. @throws KeyFileError */
export function readEncrypted(bytes: Bytes): Encrypted {
  const [content] = readContents(bytes, SEQUENCE) ?? [];
  const [scheme, ciphertext] = (content && readContents(content, SEQUENCE, OCTET_STRING)) ?? [];
  if (!scheme || !ciphertext) throw new KeyFileError('damaged');
  const [kdf, cipher] = readContents(parametersOf(scheme, PBES2), SEQUENCE, SEQUENCE) ?? [];
  if (!kdf || !cipher) throw new KeyFileError('damaged');
  const stretching = readStretching(kdf);
  const [iv] = readContents(elementOf(cipher, AES_256_CBC), OCTET_STRING) ?? [];
  if (iv?.length !== CBC_IV_BYTES) throw new KeyFileError('damaged');
  return { stretching, iv, ciphertext };
}

/** @returns what was encrypted, or some other bytes if the password happens to fit. @throws KeyFileError */
export async function decrypt({ stretching, iv, ciphertext }: Encrypted, password: string): Promise<Bytes> {
  const key = await stretch(password, stretching, 'decrypt');
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, ciphertext));
  } catch {
    throw new KeyFileError('wrong-password');
  }
}

/** Encrypts a PKCS#8 key. @returns an EncryptedPrivateKeyInfo. */
export async function encrypt(pkcs8: Bytes, password: string): Promise<Bytes> {
  const [salt, iv] = [randomBytes(FILE_SALT_BYTES), randomBytes(CBC_IV_BYTES)];
  const key = await stretch(password, { hash: 'SHA-256', salt, iterations: ITERATIONS }, 'encrypt');
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, pkcs8));
  const iterations = fromHex(ITERATIONS.toString(16).padStart(8, '0'))!;
  const kdf = algorithm(
    PBKDF2,
    element(SEQUENCE, element(OCTET_STRING, salt), unsigned(iterations), algorithm(HMAC_SHA_256, element(NULL))),
  );
  const cipher = algorithm(AES_256_CBC, element(OCTET_STRING, iv));
  return element(SEQUENCE, algorithm(PBES2, element(SEQUENCE, kdf, cipher)), element(OCTET_STRING, ciphertext));
}

function algorithm(identifier: string, parameters: Bytes): Bytes {
  return element(SEQUENCE, element(OBJECT_IDENTIFIER, fromHex(identifier)!), parameters);
}

/** What follows the identifier of an algorithm, one element, if it is the one that we know. @throws KeyFileError */
function elementOf(content: Bytes, identifier: string): Bytes {
  const known = element(OBJECT_IDENTIFIER, fromHex(identifier)!);
  const [first] = readElements(content) ?? [];
  if (first?.tag !== OBJECT_IDENTIFIER) throw new KeyFileError('damaged');
  const given = toHex(first.content);
  if (given === SCRYPT) throw new KeyFileError('scrypt');
  if (given !== identifier) throw new KeyFileError('other-encryption');
  return content.subarray(known.length);
}

/** The same, where that element is a sequence. @returns its content. @throws KeyFileError */
function parametersOf(content: Bytes, identifier: string): Bytes {
  const [parameters] = readContents(elementOf(content, identifier), SEQUENCE) ?? [];
  if (!parameters) throw new KeyFileError('damaged');
  return parameters;
}

function readStretching(kdf: Bytes): Stretching {
  const [salt, iterations, ...rest] = readElements(parametersOf(kdf, PBKDF2)) ?? [];
  const keyLength = rest[0]?.tag === INTEGER ? rest.shift() : undefined;
  const prf = rest[0]?.tag === SEQUENCE ? rest.shift() : undefined;
  if (salt?.tag !== OCTET_STRING || iterations?.tag !== INTEGER || rest.length > 0) throw new KeyFileError('damaged');
  if (keyLength && readNumber(keyLength.content) !== KEY_BYTES) throw new KeyFileError('damaged');
  const count = readNumber(iterations.content);
  if (count === 0) throw new KeyFileError('damaged');
  if (count > MAX_ITERATIONS) throw new KeyFileError('too-much-work');
  return { hash: prf ? readHash(prf.content) : 'SHA-1', salt: salt.content, iterations: count };
}

function readHash(prf: Bytes): string {
  const [identifier] = readContents(prf, OBJECT_IDENTIFIER, NULL) ?? readContents(prf, OBJECT_IDENTIFIER) ?? [];
  if (!identifier) throw new KeyFileError('damaged');
  const hash = HASHES.get(toHex(identifier));
  if (hash === undefined) throw new KeyFileError('other-encryption');
  return hash;
}

/** A number; one too large to be told exactly is still larger than any that is asked for. */
function readNumber(content: Bytes): number {
  const bytes = readUnsigned(content);
  if (!bytes) throw new KeyFileError('damaged');
  return bytes.reduce((sum, byte) => 256 * sum + byte, 0);
}

async function stretch(password: string, stretching: Stretching, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', ...stretching },
    secret,
    { name: 'AES-CBC', length: 8 * KEY_BYTES },
    false,
    [use],
  );
}
