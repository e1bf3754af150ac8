/**
 * A terminal that a person types in while others write: what is said appears above the line that is being typed, which
 * stays as it is. The line itself, its editing, completion and history, is Node's own.
 */
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Completer, type Interface } from 'node:readline';
import type { WriteStream } from 'node:tty';
import type { Terminal } from '../terminal.ts';

/** Lines that can be called back; they are kept in memory only. */
const HISTORY = 200;

export interface ScreenParts {
  readonly complete: Completer;
  /** A line was entered. */
  readonly online: (line: string) => void;
  /** Ctrl-C, Ctrl-D, or the terminal was closed. */
  readonly onquit: () => void;
}

export class Screen {
  readonly #output: WriteStream;
  readonly #line: Interface & { prevRows?: number };
  /** Rows that the line being typed takes above the one where it ends. */
  #rowsAbove = 0;
  #closed = false;

  constructor({ streams: { input, output } }: Terminal, { complete, online, onquit }: ScreenParts) {
    this.#output = output;
    const options = { input, output, completer: complete, historySize: HISTORY, removeHistoryDuplicates: true };
    this.#line = createInterface({ ...options, terminal: true });
    // Before the line is taken away: afterwards nobody knows how many rows it took.
    input.prependListener('keypress', (_: unknown, key: { name?: string } | undefined) => {
      if (this.#closed || (key?.name !== 'return' && key?.name !== 'enter')) return;
      this.#line.write(null, { ctrl: true, name: 'e' });
      this.#rowsAbove = this.#line.getCursorPos().rows;
    });
    this.#line.on('line', (line) => {
      this.#erase(this.#rowsAbove + 1);
      this.#line.prompt();
      online(line);
    });
    this.#line.on('SIGINT', onquit);
    this.#line.on('close', onquit);
  }

  /** What stands before the line that is being typed. */
  set prompt(prompt: string) {
    if (this.#closed || prompt === this.#line.getPrompt()) return;
    this.#eraseLine();
    this.#line.setPrompt(prompt);
    this.#line.prompt(true);
  }

  /** Shows lines, safe to show, above the one that is being typed. */
  print(lines: string): void {
    if (this.#closed) return;
    this.#eraseLine();
    this.#output.write(`${lines}\n`);
    this.#line.prompt(true);
  }

  /** Whether a line has been begun and not entered. */
  get isTyping(): boolean {
    return this.#line.line !== '';
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#eraseLine();
    this.#line.close();
  }

  /** Takes away the line that is being typed, so that it is drawn again from here. */
  #eraseLine(): void {
    this.#erase(this.#line.getCursorPos().rows);
    // Node remembers how many rows to go up, and does not keep count while something is pasted.
    this.#line.prevRows = 0;
  }

  /** Takes away what stands from so many rows above the cursor on. */
  #erase(rows: number): void {
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }
}
