/** Figures of a run: many measurements of one thing, and the most that their median may be. */

export interface Figure {
  readonly name: string;
  readonly unit: 'ms';
  readonly runs: readonly number[];
  /** What has been promised, for `--check`. */
  readonly limit: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function keepsPromise({ runs, limit }: Figure): boolean {
  return median(runs) <= limit;
}

/** A line for people. */
export function describe(figure: Figure): string {
  const { name, unit, runs, limit } = figure;
  const [least, middle, most] = [Math.min(...runs), median(runs), Math.max(...runs)].map((value) => Math.round(value));
  const verdict = keepsPromise(figure) ? 'kept' : 'BROKEN';
  return `${name}: median ${middle} ${unit} (${least} to ${most}, ${runs.length} runs); promised ${limit}: ${verdict}`;
}
