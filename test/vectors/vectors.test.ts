/** The vectors, in Node. `test/browser/vectors.test.ts` checks the same in a browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { frozen } from './frozen.ts';
import { independent } from './independent.ts';

describe('vectors that others made', () => {
  for (const { promise, holds } of independent) it(promise, () => holds());
});

describe('vectors that we made once', () => {
  for (const { promise, holds } of frozen) it(promise, () => holds());
});

it.each([
  ['frozen', 'test/vectors/frozen.ts'],
  ['independent', 'test/vectors/independent.ts'],
])('every file of vectors in %s is checked', (folder, list) => {
  const files = readdirSync(`test/vectors/${folder}`);
  expect(files.length).toBeGreaterThan(5);
  const text = readFileSync(list, 'utf8');
  expect(files.filter((file) => !text.includes(`'./${folder}/${file}'`))).toEqual([]);
});
