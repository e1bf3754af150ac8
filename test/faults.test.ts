/** The list of faults in `README.md` is kept: each has tests that bear its number, and they are where the list says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** How many faults were thought of. */
const FAULTS = 30;

/** The files whose titles bear each number. */
function titled(): Map<number, Set<string>> {
  const files = readdirSync('test', { recursive: true }).map((name) => String(name).replaceAll('\\', '/'));
  const found = new Map<number, Set<string>>();
  for (const file of files.filter((name) => name.endsWith('.test.ts') && name !== 'faults.test.ts')) {
    // At the end of a title, one or more.
    const ends = readFileSync(join('test', file), 'utf8').match(/(?: \(fault \d+\))+(?=['"`])/g) ?? [];
    for (const [number] of ends.join('').matchAll(/\d+/g)) {
      const fault = Number(number);
      found.set(fault, (found.get(fault) ?? new Set()).add(file));
    }
  }
  return found;
}

/** The files that the list names for each number. */
function listed(page: string): Map<number, string[]> {
  const rows = [...page.matchAll(/^\| (\d+) +\|.*\|(.*)\|$/gm)];
  return new Map(
    rows.map(([, number, cell]) => [Number(number), [...cell!.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file!)]),
  );
}

/** What the list says that is not so, and the other way round. */
function faultsOf(page: string): string[] {
  const [there, said] = [titled(), listed(page)];
  const numbers = Array.from({ length: FAULTS }, (_, index) => index + 1);
  return [
    ...numbers.filter((fault) => !said.get(fault)?.length).map((fault) => `${fault} has no test`),
    ...[...said].flatMap(([fault, files]) =>
      files.filter((file) => !there.get(fault)?.has(file)).map((file) => `${fault} is not in ${file}`),
    ),
    ...[...there.keys()].filter((fault) => !said.has(fault)).map((fault) => `${fault} is in no list`),
  ];
}

const page = readFileSync('test/README.md', 'utf8');

test('every fault of the list has tests that bear its number', () => {
  expect(faultsOf(page)).toEqual([]);
});

test('the list leads to folders and files that are there', () => {
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => join('test', link!));
  expect(links.length).toBeGreaterThan(FAULTS);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test('the check sees a fault without a test, and a test that is not where the list says', () => {
  expect(faultsOf(page.replace(/^\| 10 .*$/m, ''))).toEqual(['10 has no test', '10 is in no list']);
  expect(faultsOf(page.replace('](browser/crash.test.ts)', '](browser/tabs.test.ts)'))).toEqual([
    '10 is not in browser/tabs.test.ts',
  ]);
});
