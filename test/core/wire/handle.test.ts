import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHandle, signClaim, verifyClaim } from '../../../signal/wire/handle.ts';
import { MAX_HANDLE_LENGTH, MIN_HANDLE_LENGTH } from '../../../signal/wire/limits.ts';
import { identityOf } from '../../parts/identities.ts';

describe('a handle', () => {
  it.each(['ann', 'ann-2', 'a1', 'a-b-c', 'x'.repeat(MIN_HANDLE_LENGTH), 'x'.repeat(MAX_HANDLE_LENGTH)])(
    'may be %s',
    (text) => expect(isHandle(text)).toBe(true),
  );

  it.each([
    ['nothing', ''],
    ['one letter', 'x'.repeat(MIN_HANDLE_LENGTH - 1)],
    ['one letter too many', 'x'.repeat(MAX_HANDLE_LENGTH + 1)],
    ['a digit first', '1ann'],
    ['a hyphen first', '-ann'],
    ['a hyphen last', 'ann-'],
    ['two hyphens together', 'an--n'],
    ['a capital', 'Ann'],
    ['a space', 'an n'],
    ['a line after it', 'ann\n'],
    ['an underline', 'an_n'],
    ['a Cyrillic a', 'аnn'],
    ['a Kelvin sign', 'K'.repeat(3)],
    ['an accent', 'ánn'],
    ['a full-width letter', 'ａnn'],
    ['something invisible', 'an\u200bn'],
    ['a writing direction', 'an\u202en'],
  ])('is not %s', (_, text) => expect(isHandle(text)).toBe(false));

  it('has no character but those of a keyboard, whatever is tried', () => {
    const near = fc.string({ unit: fc.constantFrom(...'abz019-AZ_. \n\u0430\u200b\u212a'), maxLength: 34 });
    const any = fc.oneof(
      near,
      fc.string({ unit: 'binary', maxLength: 34 }),
      fc.stringMatching(/^[a-z][a-z0-9-]{1,29}$/),
    );
    fc.assert(
      fc.property(any, (text) => {
        const characters = [...text];
        const allowed = characters.every((one) => 'abcdefghijklmnopqrstuvwxyz0123456789-'.includes(one));
        const long = text.length >= MIN_HANDLE_LENGTH && text.length <= MAX_HANDLE_LENGTH;
        const hyphens = !text.startsWith('-') && !text.endsWith('-') && !text.includes('--');
        const letter = text !== '' && !'0123456789'.includes(text[0]!);
        expect(isHandle(text)).toBe(allowed && long && hyphens && letter);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('a claim', () => {
  const origin = 'https://a.example';

  async function signed() {
    const { card, signKey } = await identityOf('Ann');
    const fields = { origin, handle: 'ann', fingerprint: card.fingerprint, time: 1_700_000_000_000 };
    return { fields, card, signature: await signClaim(fields, signKey) };
  }

  it('verifies under the key that signed it', async () => {
    const { fields, card, signature } = await signed();
    expect(await verifyClaim(fields, card.verifyKey, signature)).toBe(true);
  });

  it('verifies for no other handle', async () => {
    const { fields, card, signature } = await signed();
    expect(await verifyClaim({ ...fields, handle: 'anna' }, card.verifyKey, signature)).toBe(false);
  });

  it('verifies for no other server', async () => {
    const { fields, card, signature } = await signed();
    expect(await verifyClaim({ ...fields, origin: 'https://b.example' }, card.verifyKey, signature)).toBe(false);
  });

  it('verifies for no other time', async () => {
    const { fields, card, signature } = await signed();
    expect(await verifyClaim({ ...fields, time: fields.time + 1 }, card.verifyKey, signature)).toBe(false);
  });

  it('verifies for nobody else, nor under another key', async () => {
    const { fields, card, signature } = await signed();
    const bob = (await identityOf('Bob')).card;
    expect(await verifyClaim({ ...fields, fingerprint: bob.fingerprint }, card.verifyKey, signature)).toBe(false);
    expect(await verifyClaim(fields, bob.verifyKey, signature)).toBe(false);
  });
});
