/** The terminal client as people run it: a process of its own, behind pipes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';

/** For one thing to happen, on a busy machine: it only names what did not. */
export const DEADLINE = 45_000;

/** All that a program sees of its environment, besides what it cannot do without. */
export type Environment = Readonly<Record<string, string>>;

/** A line that came out, as JSON. */
export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** What a process has said and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class Program {
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  readonly #closed: Promise<unknown>;

  /** Starts it; it is gone after the test. */
  constructor(file: string, args: readonly string[], env: Environment = {}) {
    this.#child = spawn(process.execPath, [file, ...args], { env: { PATH: process.env['PATH'], ...env } });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    // It may have ended before all was written.
    this.#child.stdin?.on('error', () => undefined);
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  get out(): string {
    return this.#out;
  }

  /** The lines of JSON so far. */
  get events(): Event[] {
    const whole = this.#out.slice(0, this.#out.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Event]));
  }

  write(text: string | Buffer): void {
    this.#child.stdin?.write(text);
  }

  /** Writes a line of JSON. */
  order(order: object): void {
    this.write(`${JSON.stringify(order)}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the first event for which `matches` holds. */
  async event(matches: (event: Event) => boolean): Promise<Event> {
    const find = () => this.events.find(matches);
    await expect
      .poll(find, { timeout: DEADLINE, interval: 20, message: `waited for: ${matches.toString()}; ${this.#err}` })
      .toBeDefined();
    return find()!;
  }

  /** Writes nothing more, and waits for its end. */
  async end(text = ''): Promise<Ended> {
    this.#child.stdin?.end(text);
    return this.ended();
  }

  /** Waits for its end. */
  async ended(): Promise<Ended> {
    await this.#closed;
    return { code: this.#child.exitCode, out: this.#out, err: this.#err };
  }
}
