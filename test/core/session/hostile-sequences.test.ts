/**
 * The recorded envelopes of a session, handed over in any order, any number of times, damaged and spliced: exactly the next
 * one opens, whatever came before it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { HEADER_BYTES } from '../../../app/core/envelope/header.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { times } from '../../parts/long.ts';
import { inSession, openBy, sealBy, type Side } from '../../parts/handshakes.ts';

/** Where the fields of an envelope begin: header, nonce, wrapped key, ciphertext. */
const FIELDS = [0, HEADER_BYTES, HEADER_BYTES + 12, HEADER_BYTES + 12 + 4 + 384];

/** Of six or seven envelopes each, for either reader: the long form hands over more than 100,000. */
const SEQUENCES = times(600, 9_000);

type Name = 'ann' | 'bob';

/** A conversation that turns now and then. @returns what each wrote, and each as it was before each that it read, and last */
async function recorded() {
  const [ann, bob] = await inSession('Ann', 'Bob');
  const now: Record<Name, Side> = { ann, bob };
  const written: Record<Name, Bytes[]> = { ann: [], bob: [] };
  const states: Record<Name, Side[]> = { ann: [], bob: [] };
  for (const from of ['bob', 'ann', 'ann', 'bob', 'bob', 'ann', 'bob', 'ann'] as const) {
    const to = from === 'ann' ? 'bob' : 'ann';
    const { side, envelope } = await sealBy(now[from], { entries: utf8(from), rest: new Uint8Array(0) });
    now[from] = side;
    written[from].push(envelope);
    states[to].push(now[to]);
    now[to] = (await openBy(now[to], envelope))!.side;
  }
  return { written, states: { ann: [...states.ann, now.ann], bob: [...states.bob, now.bob] } };
}

const which = fc.nat(7);
/** What is handed over, made of all eight envelopes. */
const hostile = fc.oneof(
  { weight: 3, arbitrary: which.map((one) => (all: readonly Bytes[]) => all[one]!) },
  fc.tuple(which, fc.nat(100_000)).map(
    ([one, bit]) =>
      (all: readonly Bytes[]) =>
        flipBit(all[one]!, bit),
  ),
  fc.tuple(which, fc.nat(2000)).map(
    ([one, end]) =>
      (all: readonly Bytes[]) =>
        all[one]!.slice(0, end % all[one]!.length),
  ),
  // One field, or all from one on, of another envelope: its header, nonce, wrapped key or ciphertext.
  fc.tuple(which, which, fc.nat(3), fc.boolean()).map(([one, other, field, andOn]) => (all: readonly Bytes[]) => {
    const [from, to] = [FIELDS[field]!, (andOn ? undefined : FIELDS[field + 1]) ?? all[other]!.length];
    return concat(all[one]!.slice(0, from), all[other]!.slice(from, to), all[one]!.slice(to));
  }),
);

describe('the envelopes of a session', () => {
  it.each(['ann', 'bob'] as const)(
    'open for %s one after the other only, whatever comes in between (fault 15)',
    async (reader) => {
      const { written, states } = await recorded();
      const [theirs, ours] = reader === 'ann' ? [written.bob, written.ann] : [written.ann, written.bob];
      let taken = 0;
      const sequences = fc.tuple(fc.nat(4), fc.array(hostile, { minLength: 1, maxLength: 12, size: 'max' }));
      await fc.assert(
        fc.asyncProperty(sequences, async ([start, sequence]) => {
          let next = start;
          for (const make of sequence) {
            const bytes = make([...theirs, ...ours]);
            const isNext = next < theirs.length && Buffer.from(bytes).equals(theirs[next]!);
            const opened = await openBy(states[reader][next]!, bytes);
            expect(opened !== undefined).toBe(isNext);
            if (isNext) next++;
          }
          taken += next - start;
        }),
        { numRuns: SEQUENCES },
      );
      expect(taken).toBeGreaterThan(100);
    },
    times(20_000, 60 * 60_000),
  );
});
