/** The moment at which a conversation has to end, whatever it was about to do. */
import type { Failure } from './exit.ts';
import type { LiveProfile } from './live-profile.ts';
import type { Terminal } from './terminal.ts';

/** Whoever runs the program wants it to end. Nothing is wrong. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Comes when we are told to end, or when our server turns us away; nothing more comes in then. */
export class End {
  readonly #come: Promise<void>;
  #reason: Failure | Stopped | undefined;

  constructor(terminal: Terminal, live: LiveProfile) {
    const stopped = terminal.stopped.then(() => new Stopped());
    this.#come = Promise.race([stopped, live.turnedAway()]).then((reason) => {
      this.#reason = reason;
      terminal.closeInput();
    });
  }

  /** @throws Failure, Stopped if it has come */
  check(): void {
    if (this.#reason) throw this.#reason;
  }

  /** Waits until it has come. @throws Failure, Stopped */
  async come(): Promise<void> {
    await this.#come;
    this.check();
  }

  /** Waits for something. @throws Failure, Stopped if the end comes first */
  async or<T>(task: Promise<T>): Promise<T> {
    await Promise.race([task, this.#come]);
    this.check();
    return task;
  }
}
