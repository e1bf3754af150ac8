/**
 * Run before the tests of a mutant. RSA keys come from a list of real ones that was made once for all runs, as making them
 * takes longer than all else that the tests do. And a property that fails says by what kind of error.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';

fc.configureGlobal({ includeErrorInReport: true });

/** A pair of RSA-3072, as base64. */
export interface ReadyKey {
  readonly pkcs8: string;
  readonly spki: string;
}

type Algorithm = Parameters<typeof crypto.subtle.importKey>[2] & { name: string };

const ready = JSON.parse(readFileSync('ready-keys.json', 'utf8')) as ReadyKey[];
const generateKey = crypto.subtle.generateKey.bind(crypto.subtle) as (...how: unknown[]) => Promise<unknown>;

async function nextKey(algorithm: Algorithm, extractable: boolean, usages: readonly KeyUsage[]): Promise<unknown> {
  const pair = algorithm.name.startsWith('RSA') ? ready.shift() : undefined;
  if (!pair) return generateKey(algorithm, extractable, usages);
  const [ofPrivate, ofPublic] = [/^(sign|decrypt)$/, /^(verify|encrypt)$/].map((uses) =>
    usages.filter((usage) => uses.test(usage)),
  );
  const { subtle } = crypto;
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('pkcs8', Buffer.from(pair.pkcs8, 'base64'), algorithm, extractable, ofPrivate!),
    subtle.importKey('spki', Buffer.from(pair.spki, 'base64'), algorithm, true, ofPublic!),
  ]);
  return { privateKey, publicKey };
}

Object.defineProperty(crypto.subtle, 'generateKey', {
  configurable: true,
  writable: true,
  value: (algorithm: Algorithm | string, extractable: boolean, usages: readonly KeyUsage[]) =>
    typeof algorithm === 'string'
      ? generateKey(algorithm, extractable, usages)
      : nextKey(algorithm, extractable, usages),
});
