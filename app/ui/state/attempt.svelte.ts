import { sentenceOf } from '../../core/chat/trouble.ts';
import type { Sentence } from '../../core/chat/views.ts';

/** What a person asked for, while it takes its time: whether it runs, and why it failed, in a sentence. */
export class Attempt {
  #busy = $state(false);
  #trouble = $state.raw<Sentence>();

  /** @param trouble - what has gone wrong before. */
  constructor(trouble?: Sentence) {
    this.#trouble = trouble;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get trouble(): Sentence | undefined {
    return this.#trouble;
  }

  /** What went wrong does not matter any more. */
  forget(): void {
    this.#trouble = undefined;
  }

  /** Runs a task, unless one is running: pressing twice asks once. What it throws is the trouble. */
  async run(task: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    await this.beside(task);
    this.#busy = false;
  }

  /** Runs a task beside others, without being busy. @returns whether it went well. */
  async beside(task: () => Promise<void>): Promise<boolean> {
    this.#trouble = undefined;
    try {
      await task();
      return true;
    } catch (error) {
      this.#trouble = sentenceOf(error);
      return false;
    }
  }
}
