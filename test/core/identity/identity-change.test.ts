/** What changes of an identity when it takes another name or wrapping key, and what never does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { isCurrent, supersedes } from '../../../signal/wire/card.ts';
import { ChatError } from '../../../app/core/base/errors.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { openIdentity, type Identity } from '../../../app/core/identity/identity.ts';
import { decodeIdentity, MAX_FORMER_KEYS } from '../../../app/core/identity/identity-record.ts';
import {
  FORMER_KEY_LIFETIME,
  isDue,
  renamed,
  serves,
  withFreshKey,
  withoutSpentKeys,
} from '../../../app/core/identity/identity-change.ts';
import { DAY, identityOf, NOW, recordOf } from '../../parts/identities.ts';

let before: Bytes;
let ann: Identity;

beforeAll(async () => {
  before = await recordOf('Ann');
  ann = await identityOf('Ann');
});

/** The record of Ann with its keys renewed at each of these times, one after the other. */
async function renewedAt(...times: number[]): Promise<Bytes> {
  let record = before;
  for (const time of times) record = await withFreshKey(record, await openIdentity(record), time);
  return record;
}

describe('a fresh wrapping key', () => {
  it('stands in a newer card of the same signing key, and is the one that unwraps', async () => {
    const { card, decryptKey, name } = await openIdentity(await renewedAt(NOW + DAY));
    expect(card.fingerprint).toEqual(ann.card.fingerprint);
    expect(card.wrappingKey).not.toEqual(ann.card.wrappingKey);
    expect([supersedes(card, ann.card), supersedes(ann.card, card)]).toEqual([true, false]);
    expect(card.sequence).toBe(NOW + DAY);
    expect(name).toBe('Ann');
    const wrapped = await oaepEncrypt(card.encryptKey, LABEL.oaep, utf8('y'));
    expect(await oaepDecrypt(decryptKey, LABEL.oaep, wrapped)).toEqual(utf8('y'));
  });

  it('has a card of a higher sequence than the one before, also if the clock has been turned back', async () => {
    for (const time of [NOW, NOW - 1000 * DAY]) {
      const { card } = await openIdentity(await renewedAt(time));
      expect(card.sequence).toBe(NOW + 1);
    }
  });

  it('has a card that is still good when a clock that was wrong is set right', async () => {
    for (const time of [0, NOW + 3000 * DAY]) {
      const { card } = await openIdentity(await renewedAt(time));
      expect(isCurrent(card, NOW)).toBe(true);
      expect(isCurrent(card, NOW + 3000 * DAY)).toBe(true);
    }
  });

  it('is due after a year, and not before', async () => {
    expect(isDue(ann, NOW + 365 * DAY)).toBe(false);
    expect(isDue(ann, NOW + 365 * DAY + 1)).toBe(true);
    expect(isDue(ann, 0)).toBe(false);
    expect(isDue(await openIdentity(await renewedAt(NOW + 400 * DAY)), NOW + 401 * DAY)).toBe(false);
  });
});

describe('a wrapping key that was replaced', () => {
  it('is kept for 28 days, and still unwraps', async () => {
    const { formerKeys } = await openIdentity(await renewedAt(NOW));
    expect(formerKeys.map(({ until }) => until)).toEqual([NOW + 28 * DAY]);
    const wrapped = await oaepEncrypt(ann.card.encryptKey, LABEL.oaep, utf8('y'));
    expect(await oaepDecrypt(formerKeys[0]!.key, LABEL.oaep, wrapped)).toEqual(utf8('y'));
    expect(formerKeys[0]!.key.extractable).toBe(false);
  });

  it('serves until its time is over, and no longer', () => {
    const until = NOW + FORMER_KEY_LIFETIME;
    expect(serves(until, NOW)).toBe(true);
    expect(serves(until, until)).toBe(true);
    expect(serves(until, until + 1)).toBe(false);
    // Dated by a clock that was a year ahead: nobody knows how old it is.
    expect(serves(until + 365 * DAY, NOW)).toBe(false);
  });

  it('leaves the record when its time is over', async () => {
    const record = await renewedAt(NOW);
    expect(withoutSpentKeys(record, NOW + FORMER_KEY_LIFETIME)).toBeUndefined();
    const rid = withoutSpentKeys(record, NOW + FORMER_KEY_LIFETIME + 1)!;
    expect(decodeIdentity(rid)).toEqual({ ...decodeIdentity(record), former: [] });
    const again = decodeIdentity(await renewedAt(NOW, NOW + FORMER_KEY_LIFETIME + 1));
    expect(again.former).toHaveLength(1);
  });

  it('is one of a few at most, and the oldest go first', async () => {
    const times = Array.from({ length: MAX_FORMER_KEYS + 2 }, (_, index) => NOW + index);
    const { former } = decodeIdentity(await renewedAt(...times));
    const newest = times.slice(-MAX_FORMER_KEYS).reverse();
    expect(former.map(({ until }) => until)).toEqual(newest.map((time) => time + FORMER_KEY_LIFETIME));
  });
});

describe('another name', () => {
  it('is all that changes', () => {
    expect(decodeIdentity(renamed(before, ' Anne '))).toEqual({ ...decodeIdentity(before), name: 'Anne' });
  });

  it('is refused if it is none', () => {
    for (const name of ['', ' ', 'x'.repeat(65)]) expect(() => renamed(before, name)).toThrow(ChatError);
  });
});
