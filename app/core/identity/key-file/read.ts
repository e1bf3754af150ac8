/**
 * Reads the RSA signing key that a person made elsewhere: PKCS#8 as PEM, plain or encrypted; the traditional PEM of RSA
 * alone; or JWK. Unlike other decoders it says what is wrong, since the file is the person's own.
 */
import { fromUtf8, type Bytes } from '../../../../signal/wire/bytes.ts';
import { wipe } from '../../crypto/wipe.ts';
import { readJwk } from './jwk.ts';
import { decrypt, readEncrypted } from './pbes2.ts';
import { decodePem, pemLabel } from './pem.ts';
import { KeyFileError, type KeyFileProblem } from './problem.ts';
import { readPkcs1, readPkcs8, signingPair } from './rsa-key.ts';

export const MAX_KEY_FILE_BYTES = 16_384;

const ENCRYPTED = 'ENCRYPTED PRIVATE KEY';
/** What else stands in PEM files. */
const OTHER_LABELS: readonly (readonly [RegExp, KeyFileProblem])[] = [
  [/PUBLIC KEY$/, 'public'],
  [/CERTIFICATE/, 'certificate'],
  [/^OPENSSH /, 'openssh'],
  [/^(EC|DSA) /, 'not-rsa'],
];

/** Whether it takes a password to open a key file. @throws KeyFileError if it is not text, or too large */
export function isEncrypted(file: Bytes): boolean {
  return pemLabel(textOf(file)) === ENCRYPTED;
}

/** Opens a key file. @returns the pair that signs, exportable once to be sealed. @throws KeyFileError */
export async function openKeyFile(file: Bytes, password: string): Promise<CryptoKeyPair> {
  const text = textOf(file);
  if (text.startsWith('{')) return signingPair(readJwk(text));
  const label = pemLabel(text);
  if (label === 'PRIVATE KEY') return openPkcs8(decodePem(text, label));
  if (label === 'RSA PRIVATE KEY') return wiping(decodePem(text, label), (der) => signingPair(readPkcs1(der)));
  if (label === ENCRYPTED) return openEncrypted(decodePem(text, label), password);
  throw new KeyFileError(problemOf(text, label));
}

function textOf(file: Bytes): string {
  if (file.length > MAX_KEY_FILE_BYTES) throw new KeyFileError('too-large');
  const text = fromUtf8(file)?.trim();
  if (text === undefined) throw new KeyFileError('binary');
  return text;
}

function problemOf(text: string, label: string | undefined): KeyFileProblem {
  if (label === undefined) return /^ssh-\w+ /.test(text) ? 'public' : 'not-a-key';
  return OTHER_LABELS.find(([pattern]) => pattern.test(label))?.[1] ?? 'not-a-key';
}

async function openEncrypted(der: Bytes, password: string): Promise<CryptoKeyPair> {
  const encrypted = readEncrypted(der);
  if (password === '') throw new KeyFileError('password-needed');
  const pkcs8 = await decrypt(encrypted, password);
  try {
    return await openPkcs8(pkcs8);
  } catch (error) {
    // Now and then what a wrong password gives is padded well, but it is no key.
    const isNone = error instanceof KeyFileError && error.problem === 'damaged';
    throw isNone ? new KeyFileError('wrong-password') : error;
  }
}

function openPkcs8(pkcs8: Bytes): Promise<CryptoKeyPair> {
  return wiping(pkcs8, () => signingPair(readPkcs8(pkcs8)));
}

/** Does something with bytes that hold a private key, and overwrites them. */
async function wiping<T>(bytes: Bytes, use: (bytes: Bytes) => Promise<T>): Promise<T> {
  try {
    return await use(bytes);
  } finally {
    wipe(bytes);
  }
}
