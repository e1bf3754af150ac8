/** Programs in processes of their own: parts of the product and of the tests, compiled into one file each. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { build } from 'vite';
import type { Deeds } from './person.ts';

/** Compiles a program. @param entry - from the root of the repository. @returns its file, and the way to remove it */
export async function compile(entry: string): Promise<{ file: string; remove: () => void }> {
  // Within the repository, so that it finds its packages.
  const folder = mkdtempSync(join('node_modules', '.sotto-test-'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: ['simple-peer'] },
    build: { ssr: entry, outDir: folder, rollupOptions: { output: { entryFileNames: 'program.mjs' } } },
  });
  return { file: join(folder, 'program.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

type Answer = { id: number; value?: unknown; error?: string };

/** A person of `person.ts` in a process of their own. */
export class Person {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  #asked = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  /** They end with the test. */
  constructor(file: string) {
    this.process = fork(file, { execArgv: [] });
    this.ended = once(this.process, 'exit');
    onTestFinished(() => void this.process.kill('SIGKILL'));
    this.process.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
  }

  /** Has them do something. Rejects with what they say if it fails. */
  async does<D extends keyof Deeds>(deed: D, ...args: Parameters<Deeds[D]>): Promise<Awaited<ReturnType<Deeds[D]>>> {
    const id = this.#asked++;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.process.send({ id, deed, args });
    const ended = this.ended.then(() => Promise.reject(new Error('the process has ended')));
    const answer = await Promise.race([answered, ended]);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value as Awaited<ReturnType<Deeds[D]>>;
  }
}
