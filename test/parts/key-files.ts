/** A key that openssl made, its files in many forms, and what Sotto says of them. */
import { createPrivateKey } from 'node:crypto';
import { afterAll, expect } from 'vitest';
import { fromUtf8, utf8, type Bytes } from '../../signal/wire/bytes.ts';
import type { ChatError } from '../../app/core/base/errors.ts';
import { element, INTEGER, OCTET_STRING, readContents, SEQUENCE } from '../../app/core/identity/key-file/der.ts';
import { decodePem, encodePem } from '../../app/core/identity/key-file/pem.ts';
import { KeyFileError, type KeyFileProblem } from '../../app/core/identity/key-file/problem.ts';
import { openKeyFile } from '../../app/core/identity/key-file/read.ts';
import { spkiOf } from './identities.ts';
import { Openssl } from './openssl.ts';

/** Of every encrypted file here. */
export const PASSWORD = 'Quiet späte Stunde';
/** How openssl is told it. */
export const GIVEN_PASSWORD = `pass:${PASSWORD}`;

const asBytes = (file: Bytes | string) => (typeof file === 'string' ? utf8(file) : file);

/** The public half of what a file holds. */
export async function opened(file: Bytes | string, password = ''): Promise<Bytes> {
  const { privateKey, publicKey } = await openKeyFile(asBytes(file), password);
  expect(privateKey.extractable).toBe(true);
  expect(privateKey.algorithm.name).toBe('RSA-PSS');
  return spkiOf(publicKey);
}

/** What is wrong with a file, told in one sentence; nothing else may ever come out. */
export async function problemOf(file: Bytes | string, password = ''): Promise<KeyFileProblem | undefined> {
  try {
    await openKeyFile(asBytes(file), password);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(KeyFileError);
    expect((error as ChatError).message).toMatch(/^[A-Z].*[^.]\.$/);
    expect((error as ChatError).message).not.toContain('. ');
    return (error as KeyFileError).problem;
  }
}

/** A plain key file of these bytes. */
export const pem = (bytes: Bytes) => encodePem(bytes, 'PRIVATE KEY');

/** Makes a key with openssl; its files go after the tests of the file. */
export function ownKey() {
  const openssl = new Openssl();
  afterAll(() => openssl.dispose());
  const plain = openssl.rsa('own.pem', 3072);
  const text = fromUtf8(plain)!;
  const jwk = createPrivateKey(text).export({ format: 'jwk' }) as Record<string, string>;

  /** The public key in a file, as openssl says it. */
  const publicHalf = (name: string) =>
    openssl.run('pkey', '-in', name, '-passin', GIVEN_PASSWORD, '-pubout', '-outform', 'DER');

  /** The key in another form. */
  const converted = (command: string, ...how: readonly string[]) => {
    openssl.run(command, '-in', 'own.pem', ...how, '-out', 'converted.pem');
    return openssl.read('converted.pem');
  };

  /** The key encrypted as PKCS#8, in PEM. */
  const encrypted = (...how: readonly string[]) => converted('pkcs8', '-topk8', ...how, '-passout', GIVEN_PASSWORD);

  /** The version, the algorithm and the key in its file, each an element. */
  const pkcs8Parts = (): [version: Bytes, algorithm: Bytes, key: Bytes] => {
    const [content] = readContents(decodePem(text, 'PRIVATE KEY'), SEQUENCE)!;
    const [version, algorithm, key] = readContents(content!, INTEGER, SEQUENCE, OCTET_STRING)!;
    return [element(INTEGER, version!), element(SEQUENCE, algorithm!), element(OCTET_STRING, key!)];
  };

  /** One of its numbers. */
  const number = (name: string) => BigInt(`0x${Buffer.from(jwk[name]!, 'base64url').toString('hex')}`);

  /** A file of it with some numbers changed. */
  const altered = (changes: Readonly<Record<string, bigint>>) => {
    const written = Object.entries(changes).map(([name, value]) => [name, base64Url(value)]);
    return JSON.stringify({ ...jwk, ...Object.fromEntries(written) });
  };

  return {
    openssl,
    plain,
    text,
    spki: publicHalf('own.pem'),
    jwk,
    publicHalf,
    converted,
    encrypted,
    pkcs8Parts,
    number,
    altered,
  };
}

function base64Url(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
}
