import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, fromBase64Url, toBase64Url, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { encodeCode, judgeCode, MAX_CODE_LENGTH } from '../../../app/core/session/safety-code.ts';
import { inviteLink, createInvite } from '../../../app/core/identity/invite.ts';
import { identityOf } from '../../parts/identities.ts';

const PREFIX = 'sotto-verify:';
let ann: Bytes;
let bob: Bytes;
let eve: Bytes;

beforeAll(async () => {
  const people = await Promise.all(['Ann', 'Bob', 'Eve'].map((name) => identityOf(name)));
  [ann, bob, eve] = people.map(({ card }) => card.fingerprint) as [Bytes, Bytes, Bytes];
});

const codeOf = (...parts: Bytes[]) => PREFIX + toBase64Url(concat(...parts));

describe('a code that Ann scans while she talks to Bob', () => {
  it('is the right one if Bob shows it to her', () => {
    expect(judgeCode(encodeCode(bob, ann), ann, bob)).toBe('same');
    expect(judgeCode(codeOf(u8(1), bob, ann), ann, bob)).toBe('same');
  });

  it('is somebody else’s if another shows it, to whomever', () => {
    expect(judgeCode(encodeCode(eve, ann), ann, bob)).toBe('another-person');
    expect(judgeCode(encodeCode(eve, bob), ann, bob)).toBe('another-person');
  });

  it('is not for her if Bob shows it to another, or to one who gives herself out for her', () => {
    expect(judgeCode(encodeCode(bob, eve), ann, bob)).toBe('for-another');
    expect(judgeCode(encodeCode(bob, bob), ann, bob)).toBe('for-another');
  });

  it('is her own if her own device shows it', () => {
    expect(judgeCode(encodeCode(ann, bob), ann, bob)).toBe('own');
  });

  it('is refused if any one bit of the two fingerprints is another', () => {
    const bytes = fromBase64Url(encodeCode(bob, ann).slice(PREFIX.length))!;
    for (let bit = 8; bit < 8 * bytes.length; bit++) {
      const changed = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const expected = bit < 8 * 33 ? 'another-person' : 'for-another';
      expect(judgeCode(PREFIX + toBase64Url(changed), ann, bob), `bit ${bit}`).toBe(expected);
    }
  });

  it('is of another version of Sotto if it says so, however long', () => {
    expect(judgeCode(codeOf(u8(2), bob, ann), ann, bob)).toBe('other-version');
    expect(judgeCode(codeOf(u8(0), bob), ann, bob)).toBe('other-version');
  });

  it('is none if a byte is missing or too many, or it is written in another way', () => {
    const code = encodeCode(bob, ann);
    for (const other of [
      codeOf(u8(1), bob, ann.subarray(1)),
      codeOf(u8(1), bob, ann, u8(0)),
      codeOf(u8(1)),
      PREFIX,
      code.slice(PREFIX.length),
      code.toUpperCase(),
      ` ${code}`,
      `${code}=`,
      `${code}\n`,
      code.padEnd(MAX_CODE_LENGTH + 1, 'A'),
    ]) {
      expect(judgeCode(other, ann, bob), other).toBe('no-code');
    }
  });

  it('is none if it is an invite', async () => {
    const link = inviteLink(createInvite('https://example.org', bob, 0));
    expect(judgeCode(link, ann, bob)).toBe('no-code');
  });

  it('is judged without an error, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => PREFIX + text),
        ),
        (text) => {
          expect(judgeCode(text, ann, bob)).not.toBe('same');
        },
      ),
    );
  });
});
