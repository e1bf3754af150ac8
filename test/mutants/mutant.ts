/**
 * A twin of the product from which one defence was taken: a patch, and in front of it what it is for, line by line:
 *
 *     Property: the row of the table in `app/core/envelope/PROTOCOL.md`, or one of OTHER_PROMISES
 *     Removes:  the defence, in one sentence
 *     Note:     if needed, what else stands in the attacker's way, or had to go as well
 *     Red:      test/core/some.test.ts › describe › the test that must fail; one line for each
 *
 * Then an empty line, then a diff with `a/` and `b/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const FOLDER = 'test/mutants';
/** What is promised elsewhere than in the table of properties. */
export const OTHER_PROMISES = [
  'a person one has parted from is told nothing',
  'addresses go to proven people only',
  'bounded work',
  'durable first',
  'sound keys only',
  'what one reads is told only if one lets it be',
  'what was deleted is gone, and nothing of it doubles',
];

/** A test by its file and its full name. */
export interface NamedTest {
  readonly file: string;
  /** The names of its suites, then its own. */
  readonly path: readonly string[];
}

export interface Mutant {
  readonly name: string;
  readonly patchFile: string;
  readonly property: string;
  readonly removes: string;
  /** The files it changes. */
  readonly files: readonly string[];
  readonly red: readonly NamedTest[];
}

const HEADER =
  /^Property: (?<property>\S.*)\nRemoves: (?<removes>\S.*\.)\n(?:Note: \S.*\.\n)?(?<red>(?:Red: \S.*\n)+)\n(?=diff --git )/;

function namedTest(line: string): NamedTest {
  const [file = '', ...path] = line.replace('Red: ', '').split(' › ');
  if (!/^test\/(?!browser|bench|mutants)\S+\.test\.ts$/.test(file) || path.length === 0) {
    throw new Error(`"${line}" names no test of the core or a scenario.`);
  }
  return { file, path };
}

/** Reads a patch with its header. @throws Error for anything that is not in this form */
export function readMutant(patchFile: string, text: string): Mutant {
  const name = basename(patchFile, '.patch');
  const header = HEADER.exec(text)?.groups;
  if (!header) throw new Error(`${patchFile} does not begin with Property, Removes and Red, as mutant.ts says.`);
  const files = [...text.matchAll(/^diff --git a\/(\S+) b\/(\S+)$/gm)].map(([, before, after]) => {
    // A mutant changes the product, and never the test that is to find it.
    if (before !== after || !/^(app|signal)\//.test(after!)) throw new Error(`${patchFile} may not change ${after}.`);
    return after!;
  });
  const red = header.red!.trimEnd().split('\n').map(namedTest);
  return { name, patchFile, property: header.property!, removes: header.removes!, files, red };
}

/** Every mutant there is. */
export function allMutants(): Mutant[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.patch'));
  return names.sort().map((name) => readMutant(join(FOLDER, name), readFileSync(join(FOLDER, name), 'utf8')));
}

/** The rows of the table of properties. */
export function propertiesOf(protocol: string): string[] {
  const section = protocol.split(/^## /m).find((text) => text.startsWith('Properties\n')) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !/^[|\s:-]+$/.test(line));
  return rows.slice(1).map((row) => row.split('|')[1]!.trim());
}
