/** Pairs of measurements, one after the other and by turns: what disturbs the machine disturbs both alike. */

const PAIRS = 10;

export interface Pairs<Pair> {
  readonly measured: readonly Pair[];
  readonly runs: readonly number[];
}

/** Measures PAIRS pairs, after one that does not count: it finds code not yet compiled, and nothing yet in a cache. */
export async function pairs<Pair>(measure: () => Promise<Pair>, compare: (pair: Pair) => number): Promise<Pairs<Pair>> {
  await measure();
  const measured: Pair[] = [];
  for (let i = 0; i < PAIRS; i++) measured.push(await measure());
  return { measured, runs: measured.map(compare) };
}
