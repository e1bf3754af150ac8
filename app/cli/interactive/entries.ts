/** What a person enters, line by line: the answer, if something was asked; or else something to do, in turn. */
export class Entries {
  readonly #act: (line: string) => Promise<void>;
  #answer: ((line: string) => void) | undefined;
  #turns = Promise.resolve();

  /** @param act - does what a line says, and never rejects. */
  constructor(act: (line: string) => Promise<void>) {
    this.#act = act;
  }

  /** Whether the next line is an answer. */
  get isAnswer(): boolean {
    return this.#answer !== undefined;
  }

  /** The next line, which does nothing else; what was entered before is no answer. */
  next(): Promise<string> {
    return new Promise((resolve) => (this.#answer = resolve));
  }

  take(line: string): void {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer) answer(line);
    else this.#turns = this.#turns.then(() => this.#act(line));
  }
}
