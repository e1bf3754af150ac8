/** JWK (RFC 7517), of RSA private keys. */
import { fromBase64Url, type Bytes } from '../../../../signal/wire/bytes.ts';
import { KeyFileError } from './problem.ts';
import { RSA_NUMBERS, rsaKey, type RsaKey } from './rsa-key.ts';

/** What a key may say it is for, besides signing. */
const OPERATIONS = ['sign', 'verify'];

/** Reads a JWK. @throws KeyFileError */
export function readJwk(text: string): RsaKey {
  const jwk = parseObject(text);
  if (Array.isArray(jwk.keys)) throw new KeyFileError('several');
  if (jwk.kty === undefined) throw new KeyFileError('not-a-key');
  if (jwk.kty !== 'RSA') throw new KeyFileError('not-rsa');
  if (!isForSigning(jwk)) throw new KeyFileError('jwk-purpose');
  if (jwk.oth !== undefined) throw new KeyFileError('more-primes');
  if (!RSA_NUMBERS.slice(2).some((name) => name in jwk)) throw new KeyFileError('public');
  if (!RSA_NUMBERS.every((name) => name in jwk)) throw new KeyFileError('jwk-incomplete');
  return rsaKey((name) => numberOf(jwk[name]));
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON, or JSON cut short.
  }
  throw new KeyFileError('damaged');
}

function isForSigning({ use, alg, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (alg !== undefined && alg !== 'PS256') return false;
  if (operations === undefined) return true;
  return (
    Array.isArray(operations) &&
    operations.includes('sign') &&
    operations.every((operation) => OPERATIONS.some((allowed) => allowed === operation))
  );
}

/** The bytes of a number without leading zeros, which some writers put there. */
function numberOf(value: unknown): Bytes {
  const bytes = typeof value === 'string' ? fromBase64Url(value) : undefined;
  if (!bytes) throw new KeyFileError('damaged');
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : bytes.subarray(first);
}
