/** Waits that double from `first` to `most` milliseconds, each with a random half so that many clients spread out. */
export class Backoff {
  readonly #first: number;
  readonly #most: number;
  #failures = 0;

  constructor(first: number, most: number) {
    this.#first = first;
    this.#most = most;
  }

  /** How long to wait before the next attempt. */
  next(): number {
    const full = Math.min(this.#most, this.#first * 2 ** this.#failures++);
    return full / 2 + (Math.random() * full) / 2;
  }

  reset(): void {
    this.#failures = 0;
  }
}
