/** Where the program speaks and listens: a person's terminal, or the pipes of another program. */
import { once } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import pc from 'picocolors';
import { EXIT } from './exit.ts';
import { encodeLine, MAX_LINE_BYTES } from './json.ts';
import { checkReadable, linesOf, type Line } from './lines.ts';
import { wrapped } from './wrapped.ts';

/** Bytes of output that may wait to be read: whoever leaves more has stopped reading. */
export const MAX_UNREAD = 16 * 1024 * 1024;

const NOT_WRITTEN = 'What should stand on standard output cannot be written. Make room for it, then try again.';
const NOT_READ =
  'What comes is printed, but nobody reads it, and too much waits. What came is kept: log NAME has it. To go on, start this again, and read on.';

export interface Streams {
  readonly input: ReadStream & { readonly fd: number };
  readonly output: WriteStream;
  /** For what is said beside what was asked for: questions, notes, errors. */
  readonly errors: WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class Terminal {
  readonly streams: Streams;
  /** Colours, where the terminal has them and nobody objects (`NO_COLOR`). */
  readonly colors: ReturnType<typeof pc.createColors>;
  #stopped: Promise<void> | undefined;
  #stop: () => void = () => undefined;
  #lines: AsyncGenerator<Line, undefined> | undefined;

  constructor(streams: Streams) {
    this.streams = streams;
    const { output, env } = streams;
    this.colors = pc.createColors(output.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#giveUp(NOT_WRITTEN);
      // Nobody reads what we write any more.
      if (this.#stopped) this.#stop();
      else process.exit();
    });
  }

  /**
   * Resolves when we are told to end: by a signal, or as nobody reads what we write any more. Whoever asks for it sees to
   * the end; before that a signal just ends the process.
   */
  get stopped(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#stop = resolve;
      // A second signal, not caught any more, ends the process at once.
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    return this.#stopped;
  }

  /** Has the program end, as a signal would, once somebody sees to the end. */
  stop(): void {
    this.#stop();
  }

  /** Whether there is somebody to ask. */
  get isPerson(): boolean {
    return this.streams.input.isTTY;
  }

  /** Whether there is a screen to talk on. */
  get isScreen(): boolean {
    return this.isPerson && this.streams.output.isTTY && this.streams.env['TERM'] !== 'dumb';
  }

  /** What comes in, line by line. @throws Failure if it cannot be read */
  get lines(): AsyncGenerator<Line, undefined> {
    if (!this.#lines) checkReadable(this.streams.input);
    return (this.#lines ??= linesOf(this.streams.input, MAX_LINE_BYTES));
  }

  /** Takes nothing more in. */
  closeInput(): void {
    this.streams.input.destroy();
  }

  /** Prints a line, which is safe to show. It waits for nobody: once more than `MAX_UNREAD` is unread, the program ends. */
  print(line = ''): void {
    const { output } = this.streams;
    output.write(`${line}\n`);
    if (output.writableLength > MAX_UNREAD) this.#giveUp(NOT_READ);
  }

  /** Writes a text, which is safe to show. Resolves once there is room for more: whoever has much waits for whoever reads. */
  async write(text: string): Promise<void> {
    const { output } = this.streams;
    if (!output.write(text)) await once(output, 'drain');
  }

  /** Resolves once all that was printed is written, or nobody reads it any more. @returns whether it is written */
  async written(): Promise<boolean> {
    const { output, errors } = this.streams;
    const ends = [output, errors].map(
      (stream) => new Promise<boolean>((done) => stream.write('', (error) => done(!error))),
    );
    const [isWritten] = await Promise.all(ends);
    return isWritten === true;
  }

  /** Prints a value as a line of JSON, which `encodeLine` makes safe to show. */
  printJson(value: object): void {
    this.print(encodeLine(value));
  }

  /** Cells of a row on the screen that is printed to; `Infinity` if it is none. */
  get columns(): number {
    return columnsOf(this.streams.output);
  }

  /** Nothing that is printed arrives any more, so nothing waits for that either. */
  #giveUp(sentence: string): never {
    this.tell(sentence);
    process.exit(EXIT.fault);
  }

  /** Tells a person something beside what was asked for. */
  note(sentence: string): void {
    if (this.isPerson) this.tell(sentence);
  }

  /** Tells whoever started us something that was not asked for, such as why it ends. */
  tell(sentence: string): void {
    const { errors } = this.streams;
    errors.write(`${wrapped(sentence, columnsOf(errors))}\n`);
  }

  /** Tells a person what takes a while. */
  meanwhile(sentence: string): void {
    this.note(this.streams.errors.isTTY ? this.colors.dim(sentence) : sentence);
  }
}

/** Some terminals do not know how wide they are. */
function columnsOf({ isTTY, columns }: WriteStream): number {
  return isTTY && columns > 0 ? columns : Infinity;
}
