import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equal, lp, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { isCurrent, openCard, signCard, supersedes, type Card } from '../../../signal/wire/card.ts';
import { OAEP, PSS } from '../../../signal/wire/keys.ts';
import { CLOCK_TOLERANCE, MAX_CARD_BYTES } from '../../../signal/wire/limits.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { cardOf, DAY, identityOf, NOW, pairsOf, spkiOf } from '../../parts/identities.ts';

/** A pair to sign with, of any size and exponent. */
function rsaPair(modulusLength: number, publicExponent: Bytes): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ ...PSS, modulusLength, publicExponent }, true, ['sign', 'verify']);
}

const F4 = Uint8Array.of(1, 0, 1);

/** A card of other keys than our identities have. */
async function cardWith(signing: CryptoKeyPair, wrappingKey: Bytes): Promise<Bytes> {
  const fields = { sequence: 1, from: NOW, until: NOW + DAY, capabilities: 0, wrappingKey };
  return signCard({ ...fields, signingKey: await spkiOf(signing.publicKey) }, signing.privateKey);
}

async function opened(bytes: Bytes): Promise<Card> {
  const card = await openCard(bytes);
  if (!card) throw new Error('the card does not open');
  return card;
}

describe('a card', () => {
  it('says again what was signed, and whose it is', async () => {
    const ann = await identityOf('Ann');
    const bytes = await cardOf('Ann', {
      sequence: 7,
      from: 8,
      until: Number.MAX_SAFE_INTEGER,
      capabilities: 2 ** 32 - 1,
    });
    const card = await opened(bytes);
    expect(card).toMatchObject({ sequence: 7, from: 8, until: Number.MAX_SAFE_INTEGER, capabilities: 2 ** 32 - 1 });
    expect(card.fingerprint).toEqual(ann.card.fingerprint);
    expect(card.signingKey).toEqual(ann.card.signingKey);
    expect(card.wrappingKey).toEqual(ann.card.wrappingKey);
    expect(card.bytes).toEqual(bytes);
  });

  it('may have keys of 4096 bits, and then still fits its limit', async () => {
    const signing = await rsaPair(4096, F4);
    const wrapping = await crypto.subtle.generateKey({ ...OAEP, modulusLength: 4096, publicExponent: F4 }, true, [
      'encrypt',
      'decrypt',
    ]);
    const bytes = await cardWith(signing, await spkiOf(wrapping.publicKey));
    expect(bytes.length).toBeLessThanOrEqual(MAX_CARD_BYTES);
    expect(await openCard(bytes)).toBeDefined();
  });

  it('does not open with any bit flipped', async () => {
    const { bytes } = (await identityOf('Ann')).card;
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * bytes.length - 1), async (bit) => {
        expect(await openCard(flipBit(bytes, bit))).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it('does not open with anything after it, or after a field grown to hold it', async () => {
    const { bytes } = (await identityOf('Ann')).card;
    expect(await openCard(concat(bytes, u8(0)))).toBeUndefined();
    const signature = bytes.slice(-384);
    expect(await openCard(concat(bytes.slice(0, -388), lp(concat(signature, u8(0)))))).toBeUndefined();
    expect(await openCard(concat(bytes, new Uint8Array(MAX_CARD_BYTES)))).toBeUndefined();
  });

  it('never makes its reader throw', async () => {
    const { bytes } = (await identityOf('Ann')).card;
    const input = fc.oneof(anyBytes(1800), damaged(bytes));
    await fc.assert(
      fc.asyncProperty(input, async (any) => {
        if (!equal(any, bytes)) expect(await openCard(any)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['2048 bits', 2048, F4],
    ['exponent 3', 3072, Uint8Array.of(3)],
  ])('is refused with a signing key of %s', async (_, modulusLength, exponent) => {
    const { wrappingKey } = (await identityOf('Ann')).card;
    expect(await openCard(await cardWith(await rsaPair(modulusLength, exponent), wrappingKey))).toBeUndefined();
  });

  it.each([
    ['2048 bits', 2048, F4],
    ['exponent 3', 3072, Uint8Array.of(3)],
  ])('is refused with a wrapping key of %s', async (_, modulusLength, exponent) => {
    const weak = await rsaPair(modulusLength, exponent);
    expect(await openCard(await cardOf('Ann', { wrappingKey: await spkiOf(weak.publicKey) }))).toBeUndefined();
  });

  it('is refused if one key serves for both uses', async () => {
    const { signingKey } = (await identityOf('Ann')).card;
    expect(await openCard(await cardOf('Ann', { wrappingKey: signingKey }))).toBeUndefined();
  });

  it('is refused if its wrapping key was signed in by another', async () => {
    const [ann, mallory] = [(await identityOf('Ann')).card, await identityOf('Mallory')];
    const { sequence, from, until, capabilities, signingKey } = ann;
    const fields = { sequence, from, until, capabilities, signingKey, wrappingKey: mallory.card.wrappingKey };
    expect(await openCard(await signCard(fields, mallory.signKey))).toBeUndefined();
  });

  it('is refused with a key that is no RSA key, or not in its one encoding', async () => {
    const curve = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const { wrappingKey } = (await identityOf('Ann')).card;
    const longer = concat(wrappingKey, u8(0));
    for (const key of [await spkiOf(curve.publicKey), longer, new Uint8Array(0)]) {
      expect(await openCard(await cardOf('Ann', { wrappingKey: key }))).toBeUndefined();
    }
  });

  it('is refused with a private key where a public one belongs (fault 22)', async () => {
    const { wrapping } = await pairsOf('Ann');
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', wrapping.privateKey));
    expect(await openCard(await cardOf('Ann', { wrappingKey: pkcs8 }))).toBeUndefined();
  });
});

describe('the time of a card', () => {
  it('is judged with a day of tolerance at both ends', async () => {
    const card = await opened(await cardOf('Ann', { from: NOW, until: NOW + 30 * DAY }));
    expect(CLOCK_TOLERANCE).toBe(DAY);
    expect(isCurrent(card, NOW - DAY - 1)).toBe(false);
    expect(isCurrent(card, NOW - DAY)).toBe(true);
    expect(isCurrent(card, NOW)).toBe(true);
    expect(isCurrent(card, NOW + 31 * DAY)).toBe(true);
    expect(isCurrent(card, NOW + 31 * DAY + 1)).toBe(false);
  });
});

describe('a newer card', () => {
  it('stands in for an older one; an older, or an equal but different one, does not', async () => {
    const known = await opened(await cardOf('Ann', { sequence: 5 }));
    expect(supersedes(await opened(await cardOf('Ann', { sequence: 6 })), known)).toBe(true);
    expect(supersedes(await opened(known.bytes.slice()), known)).toBe(true);
    expect(supersedes(await opened(await cardOf('Ann', { sequence: 5, capabilities: 1 })), known)).toBe(false);
    expect(supersedes(await opened(await cardOf('Ann', { sequence: 4 })), known)).toBe(false);
  });
});
