/**
 * What the contracts of ports are written with. A contract is data and plain functions, without a test runner and
 * without Node, so that it holds for an adapter in a browser page just as for one in memory.
 */

/** One promise of a port. `holds` rejects, saying why, if the adapter it is given breaks it. */
export interface Promised<Adapter> {
  readonly promise: string;
  readonly holds: (adapter: Adapter) => Promise<void>;
}

/** What a broken promise throws, under the name by which a failed expectation is known everywhere. */
class BrokenPromise extends Error {
  override readonly name = 'AssertionError';
}

/** @throws if it is not so. */
export function check(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new BrokenPromise(what);
}

/** A value as text: bytes as lists of numbers, fields by their names, whatever order they were set in. */
function show(value: unknown): string {
  const shown = JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Uint8Array) return [...part];
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
  return shown ?? 'undefined';
}

/** @throws unless the two are the same, part by part. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [show(actual), show(expected)];
  check(a === b, `${what}: ${a.slice(0, 200)} instead of ${b.slice(0, 200)}`);
}

/** @returns what a promise was rejected with. @throws if it was not. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  let resolved = false;
  const reason: unknown = await promise.then(
    () => (resolved = true),
    (error: unknown) => error,
  );
  check(!resolved, what);
  return reason;
}
