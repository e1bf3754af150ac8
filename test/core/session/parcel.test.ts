/** What is left for somebody who is away opens for them only, once, and only as it was meant. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard } from '../../../signal/wire/card.ts';
import { MAX_PARCEL_BYTES } from '../../../signal/wire/limits.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { decodeEnvelope, decodeParcelEnvelope, type Body } from '../../../app/core/envelope/envelope.ts';
import { MAX_BODY_BYTES } from '../../../app/core/envelope/padding.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { openParcel, type Trust } from '../../../app/core/session/open-parcel.ts';
import { decodeParcel } from '../../../app/core/session/parcel.ts';
import { sealParcel, type SealingMode } from '../../../app/core/session/seal-parcel.ts';
import { openInSession, sealInSession } from '../../../app/core/session/session.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { inSession } from '../../parts/handshakes.ts';
import { cardOf, DAY, identityOf, NOW } from '../../parts/identities.ts';
import { prekeysOf, published, tryToOpen, type Published } from '../../parts/parcels.ts';

/** The bytes before the introduction, and the length before it. */
const HEAD = 1251;
const FIELDS = { mode: 1, sender: 2, recipient: 34, bundle: 66, index: 98, ephemeral: 99, kem: 131, inviteId: 1219 };

const body: Body = { entries: utf8('entries'), rest: utf8('rest') };
const invite = { mode: 'invite', inviteId: randomBytes(32), psk: randomBytes(32) } as const;
const pinned = { mode: 'pinned' } as const;
let ann: Identity;
let eve: Identity;
let bob: Published;
let cat: Published;
/** That Bob has pinned Ann. */
let knowing: Trust;

beforeAll(async () => {
  [ann, eve, bob, cat] = await Promise.all([identityOf('Ann'), identityOf('Eve'), published('Bob'), published('Cat')]);
  knowing = { mode: 'pinned', card: ann.card };
});

async function sealed(mode: SealingMode, index: number | undefined, what = body): Promise<Bytes> {
  return (await sealParcel(ann, await prekeysOf(bob, index), mode, what))!;
}

describe.each<[string, SealingMode, number | undefined]>([
  ['a parcel with a one-time key', pinned, 3],
  ['a parcel without one', pinned, undefined],
  ['a knock with a one-time key', invite, 49],
  ['a knock without one', invite, undefined],
])('%s', (_, mode, index) => {
  const trust = (): Trust => (mode.mode === 'invite' ? mode : knowing);

  it('brings its recipient what was put in, who sent it, and whether a one-time key went into it', async () => {
    const parcel = await sealed(mode, index);
    expect(await tryToOpen(bob, parcel, trust())).toEqual({
      body,
      peer: { card: ann.card, name: mode.mode === 'invite' ? 'Ann' : undefined },
      withOneTimeKey: index !== undefined,
    });
    expect(parcel.length).toBe((await sealed(mode, index, { entries: utf8('e'), rest: utf8('r') })).length);
    expect(await sealed(mode, index)).not.toEqual(parcel);
  });

  it('does not open with any bit flipped', async () => {
    const parcel = await sealed(mode, index);
    // Mode, index, invite and the lengths behind them, more densely than their share.
    const dense = [FIELDS.mode, FIELDS.index, FIELDS.inviteId, HEAD, HEAD + 3];
    const places = fc.oneof(
      fc.nat(8 * parcel.length - 1),
      fc.tuple(fc.constantFrom(...dense), fc.nat(7)).map(([byte, bit]) => 8 * byte + bit),
    );
    await fc.assert(
      fc.asyncProperty(places, async (bit) => {
        expect(await tryToOpen(bob, flipBit(parcel, bit), trust())).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('never makes its reader throw, whatever the bytes', async () => {
    const parcel = await sealed(mode, index);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(3000), damaged(parcel)), async (any) => {
        if (!Buffer.from(any).equals(parcel)) expect(await tryToOpen(bob, any, trust())).toBeUndefined();
      }),
      { numRuns: 200 },
    );
    expect(decodeParcel(concat(parcel, u8(0)))).toBeUndefined();
    expect(decodeParcel(new Uint8Array(MAX_PARCEL_BYTES + 1))).toBeUndefined();
  });

  it('opens for nobody else, and from nobody else', async () => {
    const parcel = await sealed(mode, index);
    const found = async () => (await bob.prekeys.find(decodeParcel(parcel)!))!.prekeys;
    expect(await openParcel(cat.identity, decodeParcel(parcel)!, await found(), trust(), NOW)).toBeUndefined();
    const withOtherKeys = { ...bob.identity, decryptKey: cat.identity.decryptKey };
    expect(await openParcel(withOtherKeys, decodeParcel(parcel)!, await found(), trust(), NOW)).toBeUndefined();
    for (const [field, person] of [
      ['sender', eve],
      ['sender', bob.identity],
      ['recipient', cat.identity],
    ] as const) {
      const at = FIELDS[field];
      const moved = concat(parcel.slice(0, at), person.card.fingerprint, parcel.slice(at + 32));
      expect(decodeParcel(moved)).toBeDefined();
      expect(await tryToOpen(bob, moved, trust())).toBeUndefined();
      expect(await tryToOpen(bob, moved, { mode: 'pinned', card: eve.card })).toBeUndefined();
    }
  });

  it('opens with its own prekeys only', async () => {
    const parcel = decodeParcel(await sealed(mode, index))!;
    const opened = async (of: Published, as: typeof parcel) => {
      const found = await of.prekeys.find(as);
      return found && openParcel(bob.identity, parcel, found.prekeys, trust(), NOW);
    };
    const ofCat = (await prekeysOf(cat, undefined)).bundle.hash;
    expect(await opened(bob, parcel)).toBeDefined();
    expect(await opened(cat, { ...parcel, bundleHash: ofCat })).toBeUndefined();
    for (const other of [7, index === undefined ? 8 : undefined]) {
      expect(await opened(bob, { ...parcel, index: other })).toBeUndefined();
    }
  });

  it('is not opened by half of it with half of another', async () => {
    const [one, other] = [await sealed(mode, index), await sealed(mode, index)];
    const envelope = one.length - decodedLength(one);
    for (const cut of [FIELDS.ephemeral, FIELDS.kem, FIELDS.inviteId, HEAD, envelope, envelope + 34]) {
      const spliced = concat(one.slice(0, cut), other.slice(cut));
      if (Buffer.from(spliced).equals(one) || Buffer.from(spliced).equals(other)) continue;
      expect(decodeParcel(spliced)).toBeDefined();
      expect(await tryToOpen(bob, spliced, trust())).toBeUndefined();
    }
  });

  it('does not open once it was opened, and its keys are used up (fault 23)', async () => {
    const dan = await published('Dan');
    const parcel = (await sealParcel(ann, await prekeysOf(dan, index), mode, body))!;
    const { spend } = (await dan.prekeys.find(decodeParcel(parcel)!))!;
    expect(await tryToOpen(dan, parcel, trust())).toBeDefined();
    expect(await tryToOpen(dan, parcel, trust())).toBeDefined();
    await dan.store.write(spend);
    expect(await tryToOpen(dan, parcel, trust())).toBeUndefined();
    const next = (await sealParcel(ann, await prekeysOf(dan, index === undefined ? undefined : 1), mode, body))!;
    expect(await tryToOpen(dan, next, trust())).toBeDefined();
  });
});

/** How long the envelope at the end of a parcel is. */
function decodedLength(parcel: Bytes): number {
  const { introduction } = decodeParcel(parcel)!;
  return parcel.length - HEAD - 4 - introduction.length;
}

describe('a parcel between people who know each other', () => {
  it('does not pass for a knock, nor a knock for it', async () => {
    const [parcel, knock] = [await sealed(pinned, 5), await sealed(invite, 5)];
    expect(await tryToOpen(bob, parcel, invite)).toBeUndefined();
    expect(await tryToOpen(bob, knock, knowing)).toBeUndefined();
    const asKnock = concat(parcel.slice(0, 1), u8(1), parcel.slice(2, FIELDS.inviteId), invite.inviteId);
    expect(await tryToOpen(bob, concat(asKnock, parcel.slice(HEAD)), invite)).toBeUndefined();
    const asParcel = concat(knock.slice(0, 1), u8(0), knock.slice(2, FIELDS.inviteId), new Uint8Array(36));
    const envelope = knock.slice(-decodedLength(knock));
    expect(decodeParcel(concat(asParcel, envelope))).toBeDefined();
    expect(await tryToOpen(bob, concat(asParcel, envelope), knowing)).toBeUndefined();
  });

  it('does not come from oneself', async () => {
    const own = (await sealParcel(bob.identity, await prekeysOf(bob, 8), pinned, body))!;
    expect(await tryToOpen(bob, own, { mode: 'pinned', card: bob.identity.card })).toBeUndefined();
  });

  it('opens after the recipient has renewed their wrapping key, for one who had not heard of it', async () => {
    const renewed = { ...bob.identity, decryptKey: cat.identity.decryptKey };
    const formerKeys = [{ key: eve.decryptKey }, { key: bob.identity.decryptKey }];
    const parcel = decodeParcel(await sealed(pinned, 6))!;
    const opened = async (us: typeof renewed) =>
      openParcel(us, parcel, (await bob.prekeys.find(parcel))!.prekeys, knowing, NOW);
    expect(
      await opened({ ...renewed, formerKeys: formerKeys.map((one) => ({ ...one, until: NOW + DAY })) }),
    ).toBeDefined();
    expect(await opened(renewed)).toBeUndefined();
  });

  it('holds what an envelope does, and fits the limit even then', async () => {
    const most = { entries: randomBytes(MAX_BODY_BYTES - 8), rest: new Uint8Array(0) };
    const parcel = await sealed(pinned, undefined, most);
    expect((await tryToOpen(bob, parcel, knowing))?.body).toEqual(most);
    await expect(sealed(pinned, 0, { ...most, rest: u8(0) })).rejects.toThrow(RangeError);
  });

  it('is refused if the pinned card has expired', async () => {
    const card = (await openCard(await cardOf('Ann', { from: NOW - 9 * DAY, until: NOW - 2 * DAY })))!;
    expect(await tryToOpen(bob, await sealed(pinned, 9), { mode: 'pinned', card })).toBeUndefined();
  });
});

describe('a knock', () => {
  it('needs the very invite: its id, and its secret', async () => {
    const knock = await sealed(invite, 2);
    expect(await tryToOpen(bob, knock, { ...invite, psk: randomBytes(32) })).toBeUndefined();
    expect(await tryToOpen(bob, knock, { ...invite, inviteId: randomBytes(32) })).toBeUndefined();
    const other = { ...invite, inviteId: randomBytes(32) };
    const moved = concat(knock.slice(0, FIELDS.inviteId), other.inviteId, knock.slice(HEAD));
    expect(await tryToOpen(bob, moved, other)).toBeUndefined();
  });

  it('is too large only with a body of more than 32 KiB, and then is not made', async () => {
    const long = { ...ann, name: '🦉'.repeat(64) };
    const seal = async (size: number) =>
      sealParcel(long, await prekeysOf(bob, 1), invite, { entries: randomBytes(size), rest: new Uint8Array(0) });
    const fitting = (await seal(32 * 1024 - 9))!;
    expect((await tryToOpen(bob, fitting, invite))?.peer.name).toBe(long.name);
    const card = { ...ann.card, bytes: randomBytes(4096) };
    const huge = { entries: randomBytes(MAX_BODY_BYTES - 8), rest: new Uint8Array(0) };
    expect(await sealParcel({ ...long, card }, await prekeysOf(bob, 1), invite, huge)).toBeUndefined();
  });
});

describe('the fields of a parcel', () => {
  it('have their exact sizes and values', async () => {
    const [parcel, knock] = [await sealed(pinned, 4), await sealed(invite, 4)];
    const set = (bytes: Bytes, at: number, value: number) => concat(bytes.slice(0, at), u8(value), bytes.slice(at + 1));
    expect(decodeParcel(set(parcel, FIELDS.index, 49))?.index).toBe(49);
    expect(decodeParcel(set(parcel, FIELDS.index, 255))?.index).toBeUndefined();
    for (const wrong of [
      set(parcel, 0, 2),
      set(parcel, FIELDS.mode, 2),
      set(parcel, FIELDS.index, 50),
      set(parcel, FIELDS.inviteId + 31, 1),
      set(knock, FIELDS.mode, 0),
      set(parcel, FIELDS.mode, 1),
      concat(parcel.slice(0, HEAD), lp(new Uint8Array(16)), parcel.slice(HEAD + 4)),
      concat(knock.slice(0, HEAD), lp(new Uint8Array(15)), knock.slice(-decodedLength(knock))),
      concat(knock.slice(0, HEAD), lp(new Uint8Array(4377)), knock.slice(-decodedLength(knock))),
    ]) {
      expect(decodeParcel(wrong)).toBeUndefined();
    }
    const most = concat(knock.slice(0, HEAD), lp(new Uint8Array(4376)), knock.slice(-decodedLength(knock)));
    expect(decodeParcel(most)).toBeDefined();
  });
});

describe('the envelope of a parcel', () => {
  it('is none of a session, and an envelope of a session none of a parcel', async () => {
    const parcel = await sealed(pinned, 4);
    const inParcel = parcel.slice(-decodedLength(parcel));
    expect(decodeParcelEnvelope(inParcel)).toBeDefined();
    expect(decodeEnvelope(inParcel)).toBeUndefined();
    const [anns, bobs] = await inSession('Ann', 'Bob');
    const { envelope } = await sealInSession(anns.session, anns.parties, body);
    expect(decodeParcelEnvelope(envelope)).toBeUndefined();
    expect(decodeParcel(concat(parcel.slice(0, HEAD + 4), envelope))).toBeUndefined();
    const disguised = decodeEnvelope(concat(envelope.slice(0, 59), inParcel.slice(34)))!;
    expect(await openInSession(bobs.session, bobs.parties, disguised)).toBeUndefined();
    const id = decodeParcel(parcel)!.envelope.headerBytes;
    expect(await tryToOpen(bob, concat(parcel.slice(0, HEAD + 4), id, envelope.slice(59)), knowing)).toBeUndefined();
  });
});
