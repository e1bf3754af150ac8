/** Each defence of the product, taken away in a copy: the tests that protect it must turn red, or they protect nothing. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLong } from '../parts/long.ts';
import { Copies, nameOf } from './copies.ts';
import { allMutants, OTHER_PROMISES, propertiesOf, readMutant, someOfEach } from './mutant.ts';

const mutants = allMutants();
const properties = propertiesOf(readFileSync('app/core/envelope/PROTOCOL.md', 'utf8'));
/** Each is a run of tests of its own: so the short form takes some of every property, and the long one all of them. */
const judged = isLong ? mutants : someOfEach(mutants);
let copies: Copies;

if (!isLong) console.log(`${judged.length} of ${mutants.length} mutants run; npm run test:long runs them all.`);

beforeAll(async () => {
  copies = await Copies.open();
});
afterAll(() => copies.close());

/** Whether a test failed because what it expects did not hold, of a value, a promise or every case: no other reason. */
function byAssertion(failure: string): boolean {
  if (failure.startsWith('Error: Property failed after ')) return failure.includes('\nGot AssertionError: ');
  if (failure.startsWith('Error: expected ')) return failure.includes('__VITEST_POLL_CHAIN__');
  return /^(AssertionError: |Error: promise (resolved|rejected) )/.test(failure);
}

describe.concurrent('without its defence', () => {
  it.for(judged)('the product fails its tests: $name', async (mutant, { expect }) => {
    const outcomes = await copies.judge(mutant);
    const names = outcomes.map(({ name, status }) => `${status}: ${name}`).sort();
    expect(names).toEqual(mutant.red.map((test) => `failed: ${nameOf(test)}`).sort());
    const failures = outcomes.flatMap((outcome) => outcome.failures);
    expect(failures.filter((failure) => !byAssertion(failure))).toEqual([]);
  });
});

describe('the set of mutants', () => {
  it('applies to the product as it is, each and every one', async () => {
    for (const mutant of mutants) await copies.check(mutant);
  });

  it('takes something from every property of the protocol, and knows no other', () => {
    const named = new Set(mutants.map(({ property }) => property));
    expect(properties.length).toBeGreaterThan(10);
    expect([...named].sort()).toEqual([...properties, ...OTHER_PROMISES].sort());
  });
});

describe('a patch', () => {
  const red = 'Red: test/core/some.test.ts › a thing › holds\n';
  const diff = '\ndiff --git a/app/core/thing.ts b/app/core/thing.ts\n';
  const text = `Property: no downgrade\nRemoves: one thing.\n${red}${diff}`;

  it('says what it is for', () => {
    const expected = { file: 'test/core/some.test.ts', path: ['a thing', 'holds'] };
    const read = readMutant('test/mutants/thing.patch', text.replace(red, `Note: nothing else.\n${red}${red}`));
    expect(read).toMatchObject({ name: 'thing', property: 'no downgrade', removes: 'one thing.' });
    expect(read).toMatchObject({ files: ['app/core/thing.ts'], red: [expected, expected] });
  });

  it.each([
    ['without a property', text.replace(/^.*\n/, '')],
    ['without a test', text.replace(red, '')],
    ['that names no file', text.replace('test/core/some.test.ts › ', '')],
    ['that names a test of browsers', text.replace('test/core', 'test/browser')],
    ['with a line of its own kind', `${red.replace('Red', 'Green')}${text}`],
    ['that changes a test', text.replaceAll('app/core/thing.ts', 'test/core/some.test.ts')],
  ])('%s is none', (_, other) => {
    expect(() => readMutant('test/mutants/thing.patch', other)).toThrow();
  });
});
