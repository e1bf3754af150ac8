/** Where the program speaks and listens: a person's terminal, or the pipes of another program. */
import type { ReadStream, WriteStream } from 'node:tty';
import pc from 'picocolors';
import { EXIT } from './exit.ts';
import { encodeLine, MAX_LINE_BYTES } from './json.ts';
import { linesOf, type Line } from './lines.ts';
import { wrapped } from './wrapped.ts';

export interface Streams {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** For what is not asked for by others than people: questions, errors. */
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
      if (error.code !== 'EPIPE') {
        streams.errors.write(
          'What should stand on standard output cannot be written. Make room for it, then try again.\n',
        );
        process.exit(EXIT.fault);
      }
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

  /** Whether there is somebody to ask. */
  get isPerson(): boolean {
    return this.streams.input.isTTY;
  }

  /** Whether there is a screen to talk on. */
  get isScreen(): boolean {
    return this.isPerson && this.streams.output.isTTY && this.streams.env['TERM'] !== 'dumb';
  }

  /** What comes in, line by line. */
  get lines(): AsyncGenerator<Line, undefined> {
    return (this.#lines ??= linesOf(this.streams.input, MAX_LINE_BYTES));
  }

  /** Takes nothing more in. */
  closeInput(): void {
    this.streams.input.destroy();
  }

  /** Prints a line, which is safe to show. */
  print(line = ''): void {
    this.streams.output.write(`${line}\n`);
  }

  /** Resolves once all that was printed is written, or nobody reads it any more. */
  async written(): Promise<void> {
    const { output, errors } = this.streams;
    await Promise.all([output, errors].map((stream) => new Promise<void>((done) => stream.write('', () => done()))));
  }

  printJson(value: object): void {
    this.print(encodeLine(value));
  }

  /** Tells a person something beside what was asked for. */
  note(sentence: string): void {
    const { errors } = this.streams;
    if (this.isPerson) errors.write(`${errors.isTTY ? wrapped(sentence, errors.columns) : sentence}\n`);
  }
}
