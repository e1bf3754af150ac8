/**
 * Watches the platform's cryptography without changing what it does: how many operations are under way, so that a model
 * knows when nothing moves by itself any more; and which key sealed what, so that it can tell when one was used twice.
 */
import { toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { SUBTLE_METHODS } from '../parts/subtle.ts';

/** One use of a key that may be used but once: in AES-GCM with a nonce, or in key wrap, which has none. */
export interface Sealing {
  readonly key: string;
  readonly nonce: string;
  /** What was sealed, in hexadecimal. */
  readonly content: string;
}

type Operation = (...parameters: unknown[]) => Promise<unknown>;

const rawKeys = new WeakMap<object, string>();
let sealings: Sealing[] = [];
let underWay = 0;
let wake: () => void = () => undefined;

const hexOf = (data: unknown): string => toHex(Uint8Array.from(data as Bytes));
const rawOf = (key: unknown): string => rawKeys.get(key as object) ?? 'unknown';

function note(operation: string, parameters: readonly unknown[], result: unknown): void {
  if (operation === 'importKey' && parameters[0] === 'raw') rawKeys.set(result as object, hexOf(parameters[1]));
  if (operation === 'wrapKey') {
    sealings.push({ key: rawOf(parameters[2]), nonce: '', content: rawOf(parameters[1]) });
  }
  if (operation !== 'encrypt') return;
  const [algorithm, key] = parameters as [{ name: string; iv?: Bytes }, unknown];
  if (algorithm.iv) sealings.push({ key: rawOf(key), nonce: hexOf(algorithm.iv), content: hexOf(parameters[2]) });
}

function watch(): void {
  const subtle = crypto.subtle as unknown as Record<string, Operation>;
  for (const operation of SUBTLE_METHODS) {
    const original = subtle[operation]!.bind(crypto.subtle);
    const watched: Operation = (...parameters) => {
      underWay++;
      const result = original(...parameters);
      const ended = () => {
        if (--underWay === 0) wake();
      };
      result.then((value) => {
        note(operation, parameters, value);
        ended();
      }, ended);
      return result;
    };
    Object.defineProperty(crypto.subtle, operation, { value: watched, configurable: true });
  }
}

watch();

/** Resolves once nothing goes on by itself: no promise is on its way, and no cryptography. Timers do not count. */
export async function settle(): Promise<void> {
  for (;;) {
    // Whatever is due without cryptography has been done when this comes.
    await new Promise((resolve) => setImmediate(resolve));
    if (underWay === 0) return;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** What was sealed since this was last asked. */
export function takeSealings(): Sealing[] {
  return sealings.splice(0);
}

/** Forgets what was sealed so far. */
export function forgetSealings(): void {
  sealings = [];
}

/** @throws if one key sealed two contents: in AES-GCM under one nonce; in key wrap, at all. */
export function checkKeysOnce(all: readonly Sealing[]): void {
  const known = new Map<string, string>();
  for (const { key, nonce, content } of all) {
    const use = `${key} ${nonce}`;
    if (known.has(use) && known.get(use) !== content) throw new Error('one key and nonce sealed two contents');
    known.set(use, content);
  }
}
