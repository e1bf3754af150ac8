/** The terminal client, compiled for the tests of a file, and run as people run it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { build } from 'vite';
import { temporaryFolder } from '../signal/client.ts';
import { Program, type Ended, type Environment } from './program.ts';
import { PseudoTerminal, type Screen } from './pseudo-terminal.ts';

export class Client {
  #file: string | undefined;

  /** What Node runs. */
  get file(): string {
    if (this.#file === undefined) throw new Error('The client is compiled before the first test, and not yet.');
    return this.#file;
  }

  /** Compiles it. @returns the way to remove it */
  async compile(): Promise<() => void> {
    // As deep as it lies when it is built, and where it finds its packages.
    mkdirSync('dist', { recursive: true });
    const outDir = mkdtempSync(join(process.cwd(), 'dist', 'cli-test-'));
    await build({ configFile: 'app/cli/vite.config.ts', logLevel: 'error', build: { outDir } });
    this.#file = join(outDir, 'main.js');
    return () => rmSync(outDir, { recursive: true, force: true });
  }

  /** Starts a command for a folder, behind pipes. */
  start(folder: string, args: readonly string[], env?: Environment): Program {
    return new Program(this.file, ['--data', folder, ...args], env);
  }

  /** Runs a command for a folder to its end, behind pipes. @param input - all that comes in. */
  run(folder: string, args: readonly string[], input = ''): Promise<Ended> {
    return this.start(folder, args).end(input);
  }

  /** Runs a command for a folder that there is not yet to its end, behind pipes. */
  firstRun(args: readonly string[]): Promise<Ended> {
    return this.run(join(temporaryFolder(), 'none'), args);
  }

  /** Starts a command for a folder, at a terminal. */
  terminal(folder: string, args: readonly string[], screen?: Screen): PseudoTerminal {
    return new PseudoTerminal([this.file, '--data', folder, ...args], screen);
  }
}

/** @returns the client, compiled before the first test of this file and removed after the last. */
export function useClient(): Client {
  const client = new Client();
  let remove: (() => void) | undefined;
  beforeAll(async () => {
    remove = await client.compile();
  });
  afterAll(() => remove?.());
  return client;
}
