/** What a handshake and a session made their keys of is overwritten: watched where it goes through the runtime's functions. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openParcel } from '../../../app/core/session/open-parcel.ts';
import { decodeParcel, transcriptOf } from '../../../app/core/session/parcel.ts';
import { sealParcel } from '../../../app/core/session/seal-parcel.ts';
import { inSession, openBy, sealBy } from '../../parts/handshakes.ts';
import { identityOf, NOW } from '../../parts/identities.ts';
import { prekeysOf, published } from '../../parts/parcels.ts';

afterEach(() => vi.restoreAllMocks());

/**
 * Watches what is given to the runtime as a raw key of AES or HMAC, and what goes through HKDF-Extract as input: secrets of 32
 * bytes, and the three of a handshake, or the four of a parcel, in one. @returns all of it, still where it was.
 */
function watchSecrets(): { ofAes: Bytes[]; ofHmac: Bytes[]; extracted: Bytes[] } {
  const seen = { ofAes: [] as Bytes[], ofHmac: [] as Bytes[], extracted: [] as Bytes[] };
  const { subtle } = crypto;
  const [importKey, sign] = [subtle.importKey.bind(subtle), subtle.sign.bind(subtle)];
  vi.spyOn(subtle, 'importKey').mockImplementation(((...how: Parameters<typeof importKey>) => {
    const [format, key, algorithm] = how as unknown as [string, Bytes, string | { name: string }];
    const name = typeof algorithm === 'string' ? algorithm : algorithm.name;
    if (format === 'raw' && name.startsWith('AES')) seen.ofAes.push(key);
    if (format === 'raw' && name === 'HMAC') seen.ofHmac.push(key);
    return importKey(...how);
  }) as typeof subtle.importKey);
  vi.spyOn(subtle, 'sign').mockImplementation((...how) => {
    const data = how[2] as Bytes;
    if (how[0] === 'HMAC' && [32, 96, 128].includes(data.length)) seen.extracted.push(data);
    return sign(...how);
  });
  return seen;
}

const left = (secrets: readonly Bytes[]) => secrets.filter((secret) => secret.some((byte) => byte !== 0)).length;

describe('what keys were made of', () => {
  it('is overwritten once a handshake is over', async () => {
    await Promise.all([identityOf('Ann'), identityOf('Bob')]);
    const { extracted } = watchSecrets();
    await inSession('Ann', 'Bob');
    // On either side: X25519, ML-KEM and the invite's key in one; then what the root is made of.
    expect(extracted.map(({ length }) => length).sort((a, b) => a - b)).toEqual([32, 32, 96, 96]);
    expect(left(extracted)).toBe(0);
  });

  it('is overwritten once an envelope was sealed, and once it was opened or not', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { ofAes, extracted } = watchSecrets();
    const sent = await sealBy(bob, { entries: utf8('text'), rest: new Uint8Array(0) });
    expect([ofAes.length > 0, left(ofAes)]).toEqual([true, 0]);
    // The secret of the step, and the message key.
    expect([extracted.length, left(extracted)]).toEqual([2, 0]);
    const altered = sent.envelope.slice();
    altered[altered.length - 1]! ^= 1;
    expect(await openBy(ann, altered)).toBeUndefined();
    expect(await openBy(ann, sent.envelope)).toBeDefined();
    expect([extracted.length, left(extracted), left(ofAes)]).toEqual([6, 0, 0]);
  });

  it('is overwritten once a parcel was sealed, and once it was opened or not', async () => {
    const [ann, bob] = [await identityOf('Ann'), await published('Bob')];
    const prekeys = await prekeysOf(bob, 0);
    const mode = { mode: 'pinned' } as const;
    const trust = { mode: 'pinned', card: ann.card } as const;
    const { ofAes, ofHmac, extracted } = watchSecrets();
    const bytes = (await sealParcel(ann, prekeys, mode, { entries: utf8('text'), rest: new Uint8Array(0) }))!;
    // The four in one, and the message key. As a key of HMAC goes the secret that the four gave; and, not secret, the salt.
    expect([extracted.length, left(extracted), left(ofAes)]).toEqual([2, 0, 0]);
    const salt = toHex(await transcriptOf(decodeParcel(bytes)!.head));
    expect(ofHmac.map(toHex).filter((key) => !/^0+$/.test(key))).toEqual([salt]);
    const altered = bytes.slice();
    altered[altered.length - 1]! ^= 1;
    for (const one of [altered, bytes]) {
      const parcel = decodeParcel(one)!;
      const found = (await bob.prekeys.find(parcel))!.prekeys;
      // The vault keeps its keys.
      for (const seen of [ofAes, extracted]) seen.length = 0;
      expect((await openParcel(bob.identity, parcel, found, trust, NOW)) !== undefined).toBe(one === bytes);
      expect(left([found.signed.kem.secretKey, found.oneTime!.kem.secretKey])).toBe(0);
      expect([extracted.length, left(extracted), ofAes.length > 0, left(ofAes)]).toEqual([2, 0, true, 0]);
    }
  });
});
