/** Figures of a run: many measurements of one thing, and what has been promised of their median. */

export interface Figure {
  readonly name: string;
  /** Empty for a ratio. */
  readonly unit: 'ms' | '/s' | 'MB/s' | 'MB' | '';
  readonly runs: readonly number[];
  /** For `--check`. */
  readonly promised: { readonly atMost: number } | { readonly atLeast: number };
  /** What each run was computed from, where that is more than one measurement. */
  readonly measured?: readonly unknown[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function keepsPromise({ runs, promised }: Figure): boolean {
  return 'atMost' in promised ? median(runs) <= promised.atMost : median(runs) >= promised.atLeast;
}

/** A line for people. */
export function describe(figure: Figure): string {
  const { name, unit, runs, promised } = figure;
  const text = (value: number) => (unit === '' ? value.toFixed(2) : `${Math.round(value)} ${unit}`);
  const spread = `${text(Math.min(...runs))} to ${text(Math.max(...runs))}, ${runs.length} runs`;
  const limit = 'atMost' in promised ? `at most ${text(promised.atMost)}` : `at least ${text(promised.atLeast)}`;
  return `${name}: median ${text(median(runs))} (${spread}); promised ${limit}: ${keepsPromise(figure) ? 'kept' : 'BROKEN'}`;
}
