/** Runs asynchronous tasks one at a time, in the order given. A task that fails does not stop the ones behind it. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves once all that was given so far has ended, well or not. */
  settled(): Promise<void> {
    return this.run(() => Promise.resolve());
  }
}
