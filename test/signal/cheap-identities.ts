/** Many identities in little time: each key's modulus is the product of two out of few primes. Good for tests only. */
import { generatePrime } from 'node:crypto';
import { promisify } from 'node:util';
import { PSS } from '../../signal/wire/keys.ts';
import { identityOf, type Identity } from './client.ts';

const EXPONENT = 65537n;

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next, s, nextS] = [value, modulus, 1n, 0n];
  while (next) {
    const quotient = r / next;
    [r, next, s, nextS] = [next, r - quotient * next, nextS, s - quotient * nextS];
  }
  return ((s % modulus) + modulus) % modulus;
}

function encode(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

async function keyPair(p: bigint, q: bigint): Promise<CryptoKeyPair> {
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const half = { kty: 'RSA', n: encode(p * q), e: encode(EXPONENT) };
  const secret = { d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const whole = Object.fromEntries(Object.entries(secret).map(([name, value]) => [name, encode(value)]));
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', { ...half, ...whole }, PSS, true, ['sign']),
    crypto.subtle.importKey('jwk', half, PSS, true, ['verify']),
  ]);
  return { privateKey, publicKey };
}

/** A prime of 1536 bits whose two highest are set, so that any two make a modulus of 3072. */
async function makePrime(): Promise<bigint> {
  for (;;) {
    const prime = await promisify(
      generatePrime as (bits: number, done: (e: Error | null, p: ArrayBuffer) => void) => void,
    )(1536);
    const value = BigInt(`0x${Buffer.from(prime).toString('hex')}`);
    if (value >> 1534n === 3n && (value - 1n) % EXPONENT !== 0n) return value;
  }
}

export async function cheapIdentities(count: number): Promise<Identity[]> {
  const size = Math.ceil((1 + Math.sqrt(1 + 8 * count)) / 2);
  const primes = await Promise.all(Array.from({ length: size }, makePrime));
  const pairs = primes.flatMap((p, i) => primes.slice(0, i).map((q) => [p, q] as const));
  return Promise.all(pairs.slice(0, count).map(async ([p, q]) => identityOf(await keyPair(p, q))));
}
