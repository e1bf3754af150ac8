import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, lp, u8, utf8 } from '../../../signal/wire/bytes.ts';
import { isCurrent } from '../../../signal/wire/card.ts';
import { sign, verify, CARD_LABEL } from '../../../signal/wire/keys.ts';
import { ChatError, DamagedRecord } from '../../../app/core/base/errors.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import { createIdentity, openIdentity } from '../../../app/core/identity/identity.ts';
import { nameInRecord } from '../../../app/core/identity/identity-record.ts';
import { anyBytes, flipBit } from '../../parts/arbitrary.ts';
import { DAY, identityOf, NOW, pairsOf, recordOf } from '../../parts/identities.ts';

describe('an identity', () => {
  it('comes back from its record with its name, its card and keys that fit it', async () => {
    const ann = await openIdentity(await recordOf('Ann'));
    expect(ann.name).toBe('Ann');
    const signature = await sign(ann.signKey, CARD_LABEL, [utf8('x')]);
    expect(await verify(ann.card.verifyKey, CARD_LABEL, [utf8('x')], signature)).toBe(true);
    const wrapped = await oaepEncrypt(ann.card.encryptKey, LABEL.oaep, utf8('y'));
    expect(await oaepDecrypt(ann.decryptKey, LABEL.oaep, wrapped)).toEqual(utf8('y'));
  });

  it('keeps its private keys from being exported', async () => {
    const { signKey, decryptKey } = await identityOf('Ann');
    for (const key of [signKey, decryptKey]) {
      expect(key.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('pkcs8', key)).rejects.toThrow();
    }
  });

  it('has two different keys of 3072 bits, and a card for years', async () => {
    const { card } = await identityOf('Ann');
    expect(card.verifyKey.algorithm).toMatchObject({ name: 'RSA-PSS', modulusLength: 3072 });
    expect(card.encryptKey.algorithm).toMatchObject({ name: 'RSA-OAEP', modulusLength: 3072 });
    expect(card.signingKey).not.toEqual(card.wrappingKey);
    expect(isCurrent(card, NOW)).toBe(true);
    expect(isCurrent(card, NOW + 3000 * DAY)).toBe(true);
  });

  it('tells its name without opening its keys', async () => {
    expect(nameInRecord(await recordOf('Ann'))).toBe('Ann');
  });

  it('takes a name as people type it, and refuses what is none', async () => {
    const pairs = await pairsOf('Ann');
    expect(nameInRecord(await createIdentity(pairs, '  Ann \n of  Ely ', NOW))).toBe('Ann of Ely');
    for (const name of ['', '   ', '\u0000', 'x'.repeat(65)]) {
      const refused = createIdentity(pairs, name, NOW);
      await expect(refused).rejects.toThrow(ChatError);
      await expect(refused).rejects.toThrow(/Choose a name/);
    }
  });
});

describe('a damaged identity record', () => {
  it('is told as such, wherever it was cut', async () => {
    const record = await recordOf('Ann');
    for (let length = 0; length < record.length; length += 97) {
      await expect(openIdentity(record.slice(0, length))).rejects.toThrow(DamagedRecord);
    }
    await expect(openIdentity(concat(record, u8(0)))).rejects.toThrow(DamagedRecord);
    expect(() => nameInRecord(record.slice(0, 4))).toThrow(DamagedRecord);
    expect(() => nameInRecord(new Uint8Array(0))).toThrow(DamagedRecord);
  });

  it('is told as such if it is of another version', async () => {
    const record = concat(u8(2), (await recordOf('Ann')).slice(1));
    await expect(openIdentity(record)).rejects.toThrow(DamagedRecord);
    expect(() => nameInRecord(record)).toThrow(DamagedRecord);
  });

  it('is told as such if its card was altered', async () => {
    const record = await recordOf('Ann');
    const start = 8 * (record.length - (await identityOf('Ann')).card.bytes.length);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: start, max: 8 * record.length - 1 }), async (bit) => {
        await expect(openIdentity(flipBit(record, bit))).rejects.toThrow(DamagedRecord);
      }),
      { numRuns: 200 },
    );
  });

  it('is told as such if its name is not one', async () => {
    const rest = (await recordOf('Ann')).slice(8);
    for (const name of [utf8(''), utf8(' Ann'), utf8('A\nnn'), Uint8Array.of(0xff), utf8('x'.repeat(65))]) {
      await expect(openIdentity(concat(u8(1), lp(name), rest))).rejects.toThrow(DamagedRecord);
    }
  });

  it('is told as such whatever the bytes, and the message holds none of them', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes(600), async (bytes) => {
        await expect(openIdentity(bytes)).rejects.toThrow(new DamagedRecord().message);
      }),
      { numRuns: 1000 },
    );
  });
});
