/** Copies of the working tree in which mutants live, and what the tests say of them there. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Mutant, NamedTest } from './mutant.ts';
import { makeReadyKeys } from '../parts/ready-keys.ts';

const run = promisify(execFile);
const PARTS = ['app', 'signal', 'test', 'package.json', 'tsconfig.json'];
const CONFIG = 'mutants.config.mjs';
const KEYS = 'ready-keys.json';
/** Two for each of five people, who are as many as any of the tests knows. */
const KEY_PAIRS = 10;
const REPORT = 'report.json';

/** What became of one test. */
export interface Outcome {
  readonly name: string;
  readonly status: string;
  readonly failures: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

export const nameOf = ({ path }: NamedTest): string => path.join(' ');

function patternOf(tests: readonly NamedTest[]): string {
  const names = tests.map((test) => nameOf(test).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return `^(${names.join('|')})$`;
}

/** Copies of the tree, made when they are needed and used again: as many as are in use at once. */
export class Copies {
  readonly #home: string;
  readonly #keys: string;
  readonly #free: string[] = [];
  #made = 0;

  private constructor(home: string, keys: string) {
    this.#home = home;
    this.#keys = keys;
  }

  static async open(): Promise<Copies> {
    const keys = await makeReadyKeys(KEY_PAIRS);
    return new Copies(await mkdtemp(join(tmpdir(), 'sotto-mutants-')), JSON.stringify(keys));
  }

  /** Removes them all. */
  close(): Promise<void> {
    return rm(this.#home, { recursive: true, force: true });
  }

  /** Makes a copy the mutant, and runs in it the tests that must find it. @throws Error if the patch does not apply */
  async judge(mutant: Mutant): Promise<Outcome[]> {
    const copy = this.#free.pop() ?? (await this.#make());
    try {
      await applyTo(copy, mutant.patchFile);
      return await runTests(copy, mutant.red);
    } finally {
      await Promise.all(mutant.files.map((file) => cp(file, join(copy, file))));
      this.#free.push(copy);
    }
  }

  /** @throws Error if the patch does not apply */
  check({ patchFile }: Mutant): Promise<void> {
    return applyTo(resolve('.'), patchFile, '--check');
  }

  async #make(): Promise<string> {
    const copy = join(this.#home, `${this.#made++}`);
    await mkdir(copy);
    await Promise.all(PARTS.map((part) => cp(part, join(copy, part), { recursive: true })));
    await symlink(resolve('node_modules'), join(copy, 'node_modules'));
    await writeFile(join(copy, KEYS), this.#keys);
    const test = { setupFiles: ['test/mutants/before-each-run.ts'], testTimeout: 20_000, cache: false };
    await writeFile(join(copy, CONFIG), `export default ${JSON.stringify({ test })};\n`);
    return copy;
  }
}

async function applyTo(tree: string, patchFile: string, ...options: string[]): Promise<void> {
  try {
    // Without a repository of its own, git takes the copy for a plain folder.
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: resolve(tree, '..') };
    await run('git', ['apply', ...options, resolve(patchFile)], { cwd: tree, env });
  } catch (error) {
    throw new Error(`${patchFile} no longer applies: renew it.`, { cause: error });
  }
}

async function runTests(copy: string, tests: readonly NamedTest[]): Promise<Outcome[]> {
  const files = [...new Set(tests.map(({ file }) => file))];
  const report = join(copy, REPORT);
  await rm(report, { force: true });
  const options = ['run', '--root', copy, '--config', CONFIG, '--reporter=json', `--outputFile=${report}`];
  // The vitest that runs this tells its own by the environment.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(VITEST|NODE_ENV|TEST$)/.test(key)));
  const vitest = resolve('node_modules/vitest/vitest.mjs');
  const ended = run(process.execPath, [vitest, ...options, '--testNamePattern', patternOf(tests), ...files], {
    cwd: copy,
    env,
  });
  // It ends badly when a test fails, which is what is hoped for; the report says what happened.
  const said = await ended.then(
    ({ stderr }) => stderr,
    (error: { stderr?: string }) => error.stderr ?? '',
  );
  const text = await readFile(report, 'utf8').catch(() => {
    throw new Error(`vitest left no report: ${said}`);
  });
  return outcomesOf(JSON.parse(text) as Report);
}

/** What was run; a file that could not be loaded counts as an outcome of its own. */
function outcomesOf({ testResults }: Report): Outcome[] {
  return testResults.flatMap(({ message, assertionResults }) => {
    const ran = assertionResults.filter(({ status }) => status !== 'skipped' && status !== 'pending');
    const outcomes = ran.map(({ fullName, status, failureMessages }) => ({
      name: fullName,
      status,
      failures: failureMessages,
    }));
    return outcomes.length > 0 || !message ? outcomes : [{ name: 'a file', status: 'not loaded', failures: [message] }];
  });
}
