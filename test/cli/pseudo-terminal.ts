/**
 * A terminal for a program: a real pseudo-terminal, by Python's own module, and a real emulator that turns what is written
 * to it into the lines that a person would see.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import emulator from '@xterm/headless';
import { expect, onTestFinished } from 'vitest';
import { ensureTool } from '../parts/tools.ts';
import { DEADLINE, type Environment } from './program.ts';

export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';

/** What a program finds itself at. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Environment;
}

/** On which no sentence is broken. */
export const WIDE: Screen = { columns: 200 };

/** Runs a program in a new pseudo-terminal of this size, and ends as it ends. */
const RUNNER = `
import os, pty, sys
size = "stty rows %s cols %s; exec \\"$@\\"" % (sys.argv[1], sys.argv[2])
sys.exit(os.waitstatus_to_exitcode(pty.spawn(["sh", "-c", size, "sh"] + sys.argv[3:])))
`;

export class PseudoTerminal {
  readonly #child: ChildProcess;
  readonly #screen: emulator.Terminal;
  readonly #closed: Promise<unknown>;
  #written = Promise.resolve();
  #all = '';

  /** Starts a program of Node; it is gone after the test. */
  constructor(args: readonly string[], { columns = 80, rows = 40, env = {} }: Screen = {}) {
    const runner = ['-c', RUNNER, String(rows), String(columns), process.execPath, ...args];
    const around = { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env };
    this.#screen = new emulator.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#child = spawn(ensureTool('python3', 'python3'), runner, { env: around });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (bytes: Uint8Array) => {
      this.#all += Buffer.from(bytes).toString();
      this.#written = new Promise((resolve) => this.#screen.write(bytes, resolve));
    });
    this.#child.stdin?.on('error', () => undefined);
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  /** All that was ever written to it, as it was written. */
  get all(): string {
    return this.#all;
  }

  /** The lines that can be seen, without what is empty at the end of each, and at the end of all. */
  get lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? '');
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** Where the cursor stands. */
  get cursor(): { readonly line: number; readonly column: number } {
    const { active } = this.#screen.buffer;
    return { line: active.baseY + active.cursorY, column: active.cursorX };
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until something can be seen. */
  async sees(pattern: RegExp): Promise<void> {
    const look = async () => {
      await this.#written;
      return this.lines.join('\n');
    };
    await expect.poll(look, { timeout: DEADLINE, interval: 20 }).toMatch(pattern);
  }

  /** Waits for its end. @returns the exit code */
  async ended(): Promise<number | null> {
    await this.#closed;
    await this.#written;
    return this.#child.exitCode;
  }
}
