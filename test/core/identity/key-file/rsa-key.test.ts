/** RSA keys that are too short, bound, or not sound. */
import { describe, expect, it } from 'vitest';
import { fromHex, fromUtf8 } from '../../../../signal/wire/bytes.ts';
import {
  element,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
} from '../../../../app/core/identity/key-file/der.ts';
import { ownKey, pem, problemOf } from '../../../parts/key-files.ts';

const { openssl, jwk, pkcs8Parts, number, altered } = ownKey();

describe('a key that Sotto does not take', () => {
  it.each([
    [2048, 'too-short'],
    [3070, 'too-short'],
    [3074, 'odd-size'],
  ])('has %i bits: %s', async (bits, problem) => {
    expect(await problemOf(openssl.rsa('size.pem', bits))).toBe(problem);
  });

  it.each([
    [3071, 'too-short'],
    [3073, 'odd-size'],
    [4095, 'odd-size'],
    [4097, 'too-long'],
    [8192, 'too-long'],
  ])('says that it has %i bits: %s', async (bits, problem) => {
    expect(await problemOf(altered({ n: (1n << BigInt(bits - 1)) + 1n }))).toBe(problem);
  });

  it('has another exponent, 3 or 1 (fault 22)', async () => {
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
    const [p, q, e] = [composite(1536, 3n), composite(1536, 7n), 65537n];
    const n = p * q;
    const d = inverse(e, (p - 1n) * (q - 1n));
    const made = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
    expect(n.toString(2)).toHaveLength(3072);
    expect((made.qi * q) % p).toBe(1n);
    expect(await problemOf(altered(made))).toBe('inconsistent');
  });
});

/** An odd multiple of a factor, of so many bits with the two highest set, whose predecessor 65537 does not divide. */
function composite(bits: number, factor: bigint): bigint {
  for (let x = (3n << BigInt(bits - 2)) + 1n; ; x += 2n) if (x % factor === 0n && (x - 1n) % 65537n !== 0n) return x;
}

function inverse(of: bigint, modulus: bigint): bigint {
  let [r, next, s, t] = [of % modulus, modulus, 1n, 0n];
  while (next !== 0n) [r, next, s, t] = [next, r % next, t, s - (r / next) * t];
  return ((s % modulus) + modulus) % modulus;
}
