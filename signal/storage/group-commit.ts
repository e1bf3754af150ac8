/**
 * Small changes made durable together: all that are asked for in one turn of the event loop share a transaction, and so
 * one write to the disk. Each is answered after the commit.
 */
import type { Sqlite } from '../sqlite.ts';

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Job, Result> {
  readonly #perform: (job: Job) => Result;
  readonly #together: (jobs: readonly Job[]) => Result[];
  #waiting: Waiting<Job, Result>[] = [];

  /** @param perform carries out one job, within a transaction. */
  constructor(database: Sqlite, perform: (job: Job) => Result) {
    this.#together = database.transaction((jobs: readonly Job[]) => jobs.map(perform));
    this.#perform = (job) => this.#together([job])[0]!;
  }

  /** @returns what `perform` gave, once durable. @throws what it or the commit threw; then nothing of it was done. */
  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ job, resolve, reject });
    });
  }

  #commit(): void {
    const all = this.#waiting;
    this.#waiting = [];
    try {
      const results = this.#together(all.map(({ job }) => job));
      all.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      if (all.length === 1) return all[0]!.reject(error);
      // One that fails takes no other with it.
      for (const { job, resolve, reject } of all) {
        try {
          resolve(this.#perform(job));
        } catch (ownError) {
          reject(ownError);
        }
      }
    }
  }
}
