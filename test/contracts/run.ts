import type { Promised } from './check.ts';

/** Holds an adapter to each promise in turn. @returns each promise, and why it was broken, if it was */
export async function run<Adapter>(contract: readonly Promised<Adapter>[], adapter: () => Adapter): Promise<string[]> {
  const results: string[] = [];
  for (const { promise, holds } of contract) {
    const broken = await holds(adapter()).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    results.push(broken === undefined ? `kept: ${promise}` : `BROKEN: ${promise}: ${broken}`);
  }
  return results;
}
