/** The documents say what the code says: labels, limits, the map of the house, and where links lead. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { LABEL } from '../app/core/crypto/labels.ts';
import { fromUtf8 } from '../signal/wire/bytes.ts';
import { ACCEPT_LABEL, BUNDLE_LABEL, CARD_LABEL, HANDLE_LABEL, LOGIN_LABEL } from '../signal/wire/keys.ts';
import * as wireLimits from '../signal/wire/limits.ts';
import * as times from '../signal/wire/time.ts';
import { TABLE } from './import-table.ts';
import { allMutants, propertiesOf } from './mutants/mutant.ts';

const CORE = 'app/core';
const protocol = readFileSync(`${CORE}/envelope/PROTOCOL.md`, 'utf8');
const map = readFileSync(`${CORE}/README.md`, 'utf8');

/** The rows of the first table below a heading, without its head; code marks are dropped. */
function tableUnder(page: string, heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !/^[|\s:-]+$/.test(line));
  const cells = rows.map((row) => row.split('|').slice(1, -1));
  return cells.slice(1).map((row) => row.map((cell) => cell.trim().replaceAll('`', '')));
}

// --- Labels

const WIRE_LABELS = [CARD_LABEL, LOGIN_LABEL, ACCEPT_LABEL, HANDLE_LABEL, BUNDLE_LABEL];
const LABELS = [...Object.values(LABEL), ...WIRE_LABELS].map((label) => fromUtf8(label));

/** The labels of the page that the code does not have, and the other way round. */
function labelFaults(page: string): string[] {
  const inCode = LABELS.map((label) => label?.replace(/\0$/, ''));
  const onPage = tableUnder(page, 'Labels').map(([name]) => name);
  return [...inCode.filter((name) => !onPage.includes(name)), ...onPage.filter((name) => !inCode.includes(name))].map(
    String,
  );
}

test('the protocol lists every label, once, and no other', () => {
  expect(labelFaults(protocol)).toEqual([]);
  const names = tableUnder(protocol, 'Labels').map(([name]) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(names.length).toBeGreaterThan(20);
});

test('every use of a label has its own', () => {
  expect(new Set(LABELS).size).toBe(LABELS.length);
});

test('the check sees a label that is missing, and one that is made up', () => {
  expect(labelFaults(protocol.replace('sotto/1/kek', 'sotto/1/keg'))).toEqual(['sotto/1/kek', 'sotto/1/keg']);
});

// --- Limits

const sources = readdirSync(CORE, { recursive: true })
  .map((name) => String(name).replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'));

/** What a module exports. */
function load(name: string): Promise<Record<string, unknown>> {
  return import(/* @vite-ignore */ pathToFileURL(resolve(CORE, name)).href) as Promise<Record<string, unknown>>;
}

/** Every exported size and maximum of the core, by file and name. */
async function exportedLimits(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const file of sources) {
    const own = readFileSync(join(CORE, file), 'utf8');
    for (const [name, value] of Object.entries(await load(file))) {
      // What a module only passes on has its home elsewhere.
      const isLimit = /^MAX_|_BYTES$/.test(name) && typeof value === 'number' && own.includes(`const ${name} =`);
      if (isLimit) found.set(`${file} ${name}`, value);
    }
  }
  return found;
}

/** The value of a constant that its module keeps to itself: sums and products of numbers and other constants. */
function privateLimit(file: string, name: string, others: ReadonlyMap<string, number>): number {
  const text = readFileSync(join(CORE, file), 'utf8');
  const expression = new RegExp(`^(?:export )?const ${name} = ([^;]+);`, 'm').exec(text)?.[1];
  if (expression === undefined) return NaN;
  const valueOf = (factor: string): number => {
    const plain = factor.trim();
    if (/^[\d_.e]+$/.test(plain)) return Number(plain.replaceAll('_', ''));
    return others.get(plain) ?? privateLimit(file, plain, others);
  };
  return expression
    .split('+')
    .map((term) => term.split('*').reduce((product, factor) => product * valueOf(factor), 1))
    .reduce((sum, term) => sum + term, 0);
}

/** Where a page's table of limits and the code differ. */
async function limitFaults(page: string): Promise<string[]> {
  const exported = await exportedLimits();
  const byName = new Map(Object.entries<number>({ ...wireLimits, ...times }));
  for (const [key, value] of exported) byName.set(key.split(' ')[1]!, value);
  const rows = tableUnder(page, 'Limits').map(([name = '', value, file = '']) => ({ key: `${file} ${name}`, value }));
  const wrong = rows.filter(({ key, value }) => {
    const [file = '', name = ''] = key.split(' ');
    const inCode = exported.get(key) ?? (sources.includes(file) ? privateLimit(file, name, byName) : NaN);
    return inCode !== Number(value);
  });
  const missing = [...exported.keys()].filter((key) => !rows.some((row) => row.key === key));
  return [...wrong.map(({ key }) => key), ...missing];
}

test('the protocol lists every limit of the core, in its file and with its value', async () => {
  expect(await limitFaults(protocol)).toEqual([]);
  expect((await exportedLimits()).size).toBeGreaterThanOrEqual(20);
});

/** The page with one row of a table changed. */
function withRow(page: string, name: string, change: (row: string) => string): string {
  return page.replace(new RegExp(`^\\| ${name} .*\\n`, 'm'), change);
}

test.each([
  ['is missing', 'transport/frames.ts MAX_FRAME_BYTES', (row: string) => row.replace(/.*\n/, '')],
  ['is wrong', 'envelope/content.ts MAX_TEXT_BYTES', (row: string) => row.replace('32768', '32769')],
  ['is wrong, and not exported', 'chat/dialler.ts YIELD', (row: string) => row.replace('3000', '2000')],
])('the check sees a limit that %s', async (_how, key, change) => {
  expect(await limitFaults(withRow(protocol, key.split(' ')[1]!, change))).toEqual([key]);
});

test('the check sees a limit that is made up', async () => {
  const page = withRow(protocol, 'YIELD', (row) => row.replace('YIELD', 'PATIENCE'));
  expect(await limitFaults(page)).toEqual(['chat/dialler.ts PATIENCE']);
});

// --- The map

function roomsOn(page: string): string[][] {
  return tableUnder(page, 'Who may import whom');
}

const listed = (names: readonly string[]) => names.join(', ') || 'nothing';
const rooms = TABLE.map(([path, mayImport, packages]) => [path, listed(mayImport), listed(packages)]);

test('the map of the core shows the import table as it is checked', () => {
  expect(roomsOn(map)).toEqual(rooms);
});

test('the check sees an import that the map allows and the table does not', () => {
  const changed = withRow(map, '`app/core/base`', (row) => row.replace('`signal/wire`', '`signal`'));
  expect(roomsOn(changed)).not.toEqual(rooms);
  expect(roomsOn(withRow(map, '`app/core/base`', (row) => row))).toEqual(rooms);
});

// --- Links

const ELSEWHERE = new Set(['node_modules', 'dist', 'data', '.git']);

/** Every page of the house. */
function pages(folder = '.'): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) return ELSEWHERE.has(entry.name) ? [] : pages(name);
    return name.endsWith('.md') ? [name] : [];
  });
}

/** What a heading is called in a link, as GitHub does it. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return headings.map((heading) => heading.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

/** The links of a page that lead nowhere within the house; what is shown as code is no link. */
function brokenLinks(name: string, text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path, anchor] = target.split('#');
      const file = path ? join(dirname(name), path) : undefined;
      if (file !== undefined && !existsSync(file)) return true;
      if (anchor === undefined) return false;
      return !anchorsOf(file === undefined ? text : readFileSync(file, 'utf8')).includes(anchor);
    })
    .map((target) => `${name}: ${target}`);
}

test('every link of every page leads somewhere', () => {
  const names = pages();
  expect(names).toEqual(expect.arrayContaining(['SECURITY.md', `${CORE}/SECURITY.md`, 'signal/PROTOCOL.md']));
  expect(names.flatMap((name) => brokenLinks(name, readFileSync(name, 'utf8')))).toEqual([]);
});

test('the check sees a link that leads nowhere', () => {
  const text = '# A page\n[a](nowhere.md) [b](SECURITY.md) [c](#a-page) [d](#a-hole) [e](https://example.org/x.md)';
  expect(brokenLinks('README.md', text)).toEqual(['README.md: nowhere.md', 'README.md: #a-hole']);
});

// --- Properties

/** What the page says of the tests of properties and the twins does not, or the other way round. */
function propertyFaults(page: string): string[] {
  const mutants = allMutants();
  const rows = tableUnder(page, 'Tests of the properties');
  const faults = rows.flatMap(([property, test = '', twins = '']) => {
    const names = twins.split(', ');
    const having = mutants.filter((mutant) => mutant.property === property).map(({ name }) => name);
    const shown = mutants.find(({ name }) => name === names[0])?.red[0];
    const fits = shown !== undefined && test === `${shown.file.replace('test/', '')}: ${shown.path.at(-1)}`;
    const same = [...names].sort().join() === having.sort().join();
    return fits && same ? [] : [String(property)];
  });
  const named = rows.map(([property]) => property);
  return [...faults, ...propertiesOf(page).filter((property) => !named.includes(property))];
}

test('the protocol names for each property a test, and every twin that takes it away', () => {
  expect(propertyFaults(protocol)).toEqual([]);
  expect(propertyFaults(protocol.replace('no-rsa-layer', 'no-such-twin'))).toEqual(['messages are secret']);
  expect(propertyFaults(protocol.replace('opens with its own message key only', 'opens'))).toHaveLength(1);
});
