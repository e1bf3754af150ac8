import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { digitsOf, joinDigits, type Party } from '../../../app/core/session/safety-number.ts';
import { identityOf } from '../../parts/identities.ts';

let ann: Party;
let bob: Party;

beforeAll(async () => {
  [ann, bob] = [(await identityOf('Ann')).card, (await identityOf('Bob')).card];
});

/** The digits as the protocol's page says, with another hash implementation and with integers of any size. */
function byThePage({ signingKey, fingerprint }: Party): string {
  const sha512 = (...parts: Bytes[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha512')).digest();
  const start = Buffer.concat([utf8('sotto/1/safety-number\0'), signingKey, fingerprint]);
  let hash: Bytes = new Uint8Array(start);
  for (let i = 0; i < 5200; i++) hash = new Uint8Array(sha512(hash, signingKey));
  const groups = [0, 5, 10, 15, 20, 25].map((at) => BigInt(`0x${Buffer.from(hash.slice(at, at + 5)).toString('hex')}`));
  return groups.map((group) => String(group % 100_000n).padStart(5, '0')).join('');
}

const flipped = (bytes: Bytes, bit: number): Bytes =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe('the digits of a person', () => {
  it('are what the protocol says, whoever calculates them', async () => {
    expect(await digitsOf(ann)).toBe(byThePage(ann));
    expect(await digitsOf(bob)).toBe(byThePage(bob));
  });

  it('are thirty, and the same each time', async () => {
    expect(await digitsOf(ann)).toMatch(/^\d{30}$/);
    expect(await digitsOf(ann)).toBe(await digitsOf({ ...ann }));
  });

  it('are others as soon as one bit of the key or of the fingerprint is', async () => {
    const others = [
      { ...ann, signingKey: flipped(ann.signingKey, 0) },
      { ...ann, signingKey: flipped(ann.signingKey, 8 * ann.signingKey.length - 1) },
      { ...ann, fingerprint: flipped(ann.fingerprint, 0) },
      { ...ann, fingerprint: flipped(ann.fingerprint, 255) },
    ];
    const all = await Promise.all([ann, ...others].map((party) => digitsOf(party)));
    expect(new Set(all).size).toBe(5);
  });
});

describe('a safety number', () => {
  it('is the same on both sides, and holds the digits of both', async () => {
    const [anns, bobs] = [await digitsOf(ann), await digitsOf(bob)];
    const number = joinDigits(anns, bobs);
    expect(joinDigits(bobs, anns)).toBe(number);
    expect(number).toMatch(/^\d{60}$/);
    expect([number.slice(0, 30), number.slice(30)]).toEqual([anns, bobs].sort());
  });

  it('is another with either person replaced', async () => {
    const eve = await digitsOf((await identityOf('Eve')).card);
    const [anns, bobs] = [await digitsOf(ann), await digitsOf(bob)];
    const numbers = [joinDigits(anns, bobs), joinDigits(anns, eve), joinDigits(eve, bobs)];
    expect(new Set(numbers).size).toBe(3);
  });
});
