/** What no file of this house may hold, whoever wrote it. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const MAX_LINES = 400;

const FORBIDDEN: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\{@html\b/, 'markup is never made from text'],
  [/\b(innerHTML|outerHTML|insertAdjacentHTML)\b/, 'markup is never made from text'],
  [/\b(TODO|FIXME|XXX)\b/, 'unfinished work has its place elsewhere'],
  [/@ts-(ignore|nocheck)\b/, 'a type error is an error'],
  [/eslint-disable/, 'a rule holds for everybody, or for nobody'],
  [/\b(test|it|describe)(\.\w+)*\.(only|skip|todo)\b/, 'every test runs'],
];

/** What is wrong with a file, one line each. */
function faultsOf(name: string, text: string): string[] {
  const lines = text.trimEnd().split('\n');
  const found = lines.flatMap((line, index) =>
    FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(([, why]) => `${name}:${index + 1}: ${why}`),
  );
  if (lines.length > MAX_LINES) found.push(`${name}: ${lines.length} lines hide a second idea`);
  return found;
}

test('every file keeps the rules of the house', () => {
  const folders = ['signal', 'app', 'test'];
  const names = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
  );
  const sources = ['vite.config.ts', 'eslint.config.js', ...names].filter((name) =>
    /\.(ts|js|svelte|css|html)$/.test(name),
  );
  // This very file names what it forbids.
  const others = sources.filter((name) => basename(name) !== 'house.test.ts');
  expect(others.length).toBeGreaterThan(60);
  expect(others.flatMap((name) => faultsOf(name, readFileSync(name, 'utf8')))).toEqual([]);
});

test.each([
  '<p>{@html text}</p>',
  'node.innerHTML = text;',
  '// TODO: later',
  '// @ts-ignore',
  '/* eslint-disable no-console */',
  "test.only('one', run);",
  "describe.skip('all', run);",
  "test.concurrent.skip('one', run);",
])('the check sees %s', (line) => {
  expect(faultsOf('file.ts', line)).toHaveLength(1);
});

test('the check counts lines', () => {
  expect(faultsOf('file.ts', 'line\n'.repeat(MAX_LINES))).toHaveLength(0);
  expect(faultsOf('file.ts', 'line\n'.repeat(MAX_LINES + 1))).toHaveLength(1);
});
