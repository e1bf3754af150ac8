/**
 * RSA keys made once for many tests, as making them takes longer than all else that the tests do. Whoever asks WebCrypto for
 * a new pair of RSA-3072 is given one of them, nobody the same twice; when all are given out, and for any other key, the
 * platform makes one as always.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** A pair of RSA-3072, as base64. */
export interface ReadyKey {
  readonly pkcs8: string;
  readonly spki: string;
}

type Algorithm = RsaHashedKeyGenParams | AlgorithmIdentifier;
type GenerateKey = (algorithm: Algorithm, extractable: boolean, usages: readonly KeyUsage[]) => Promise<unknown>;

/** Makes so many pairs. */
export function makeReadyKeys(count: number): Promise<ReadyKey[]> {
  return Promise.all(Array.from({ length: count }, makeReadyKey));
}

async function makeReadyKey(): Promise<ReadyKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 3072 });
  return {
    pkcs8: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    spki: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  };
}

/** From now on, new pairs are these, in an order that is left to chance as that of fingerprints always is. */
export function drawFrom(ready: readonly ReadyKey[]): void {
  const left = ready.map((key) => ({ key, at: Math.random() })).sort((a, b) => a.at - b.at);
  // Where every runtime has it: a test may put a function of its own in front of it, and take it away again.
  const subtle = Object.getPrototypeOf(crypto.subtle) as { generateKey: GenerateKey };
  const { generateKey } = subtle;
  subtle.generateKey = function (algorithm, extractable, usages) {
    const drawn = left.at(-1);
    if (!drawn || !isOrdinary(algorithm)) return generateKey.call(this, algorithm, extractable, usages);
    left.pop();
    return openPair(drawn.key, algorithm, extractable, usages);
  };
}

/** Whether it is the kind of key that is ready. */
function isOrdinary(algorithm: Algorithm): algorithm is RsaHashedKeyGenParams {
  if (typeof algorithm === 'string' || !('modulusLength' in algorithm)) return false;
  return algorithm.modulusLength === 3072 && algorithm.publicExponent.join() === '1,0,1';
}

async function openPair(
  { pkcs8, spki }: ReadyKey,
  algorithm: RsaHashedKeyGenParams,
  extractable: boolean,
  usages: readonly KeyUsage[],
): Promise<CryptoKeyPair> {
  const { subtle } = crypto;
  const of = (...uses: readonly KeyUsage[]) => usages.filter((usage) => uses.includes(usage));
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('pkcs8', Buffer.from(pkcs8, 'base64'), algorithm, extractable, of('sign', 'decrypt')),
    subtle.importKey('spki', Buffer.from(spki, 'base64'), algorithm, true, of('verify', 'encrypt')),
  ]);
  return { privateKey, publicKey };
}
