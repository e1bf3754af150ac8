import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_SIGNAL_BYTES } from '../../../signal/wire/limits.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import {
  answerDial,
  decodeSignal,
  dialInvite,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
  type Signal,
  type SignalParties,
} from '../../../app/core/session/signaling.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { identityOf } from '../../parts/identities.ts';

const inviteId = randomBytes(32);
const signalKey = randomBytes(32);
const offer: Signal = { type: 'offer', text: 'v=0 …' };
let ann: Identity;
let bob: Identity;
let eve: Identity;

beforeAll(async () => {
  [ann, bob, eve] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Eve')]);
});

const between = (us: Identity, them: Identity): SignalParties => ({ us, them: them.card.fingerprint });

/** Ann's keys for a dial to Bob. */
const dials = {
  pinned: () => dialPinned(between(ann, bob), bob.card),
  invite: async () => dialInvite(inviteId, signalKey),
};
type Mode = keyof typeof dials;

async function sealed(from: Identity, to: Identity, dial: DialKeys, signal: Signal = offer): Promise<Bytes> {
  const payload = await sealSignal(between(from, to), dial, signal);
  if (!payload) throw new Error('too large');
  return payload;
}

/** What someone makes of the payload that opens a dial said to be from somebody; with the invite if there is one. */
async function answered(payload: Bytes, us: Identity, them: Identity, key: Bytes = signalKey) {
  const parties = between(us, them);
  const taken = decodeSignal(payload);
  const dial = taken && (await answerDial(parties, taken, taken.mode.mode === 'invite' ? key : undefined));
  const opened = dial && (await openSignal(parties, dial, taken, them.card));
  return opened && { dial, opened };
}

describe.each(['pinned', 'invite'] as const)('signaling of a dial, %s', (mode: Mode) => {
  it('brings an offer over and an answer and candidates back, each from a proven person', async () => {
    const dial = await dials[mode]();
    const there = await answered(await sealed(ann, bob, dial), bob, ann);
    expect(there?.opened.signal).toEqual(offer);
    expect(there?.opened.card.fingerprint).toEqual(ann.card.fingerprint);
    for (const signal of [
      { type: 'answer', text: 'v=0' },
      { type: 'candidates', text: '["a","b"]' },
      { type: 'refusal', text: 'used' },
    ] as const) {
      const back = decodeSignal(await sealed(bob, ann, there!.dial, signal))!;
      expect((await openSignal(between(ann, bob), dial, back, bob.card))?.signal).toEqual(signal);
      const forth = decodeSignal(await sealed(ann, bob, dial, signal))!;
      expect((await openSignal(between(bob, ann), there!.dial, forth, ann.card))?.signal).toEqual(signal);
    }
  });

  it('shows nobody on the way what it says', async () => {
    const dial = await dials[mode]();
    const payload = await sealed(ann, bob, dial, { type: 'candidates', text: 'candidate 192.0.2.7' });
    expect(Buffer.from(payload).includes('192.0.2.7')).toBe(false);
    expect(Buffer.from(payload).includes(Buffer.from(ann.card.signingKey))).toBe(false);
  });

  it('does not open with any bit flipped', async () => {
    const payload = await sealed(ann, bob, await dials[mode]());
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * payload.length - 1), async (bit) => {
        expect(await answered(flipBit(payload, bit), bob, ann)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('never makes its reader throw, whatever the bytes', async () => {
    const payload = await sealed(ann, bob, await dials[mode]());
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(700), damaged(payload)), async (bytes) => {
        if (!Buffer.from(bytes).equals(payload)) expect(await answered(bytes, bob, ann)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('does not open for anyone else, nor as from anyone else', async () => {
    const payload = await sealed(ann, bob, await dials[mode]());
    expect(await answered(payload, eve, ann)).toBeUndefined();
    expect(await answered(payload, bob, eve)).toBeUndefined();
    expect(await answered(payload, ann, bob)).toBeUndefined();
  });

  it('opens with the secret of its dial, and with no other', async () => {
    const dial = await dials[mode]();
    const sealedOffer = decodeSignal(await sealed(ann, bob, dial))!;
    const theirs: DialKeys = { ...dial, role: 'answerer' };
    expect(await openSignal(between(bob, ann), theirs, sealedOffer, ann.card)).toBeDefined();
    const other = { ...theirs, secret: randomBytes(32) };
    expect(await openSignal(between(bob, ann), other, sealedOffer, ann.card)).toBeUndefined();
  });

  it('is refused if another signed it', async () => {
    const dial = await dials[mode]();
    const forged = await sealSignal({ us: { ...ann, signKey: eve.signKey }, them: bob.card.fingerprint }, dial, offer);
    expect(await answered(forged!, bob, ann)).toBeUndefined();
  });

  it('does not open in the wrong direction', async () => {
    const dial = await dials[mode]();
    const { dial: theirs } = (await answered(await sealed(ann, bob, dial), bob, ann))!;
    const asAnswer = decodeSignal(await sealed(ann, bob, { ...dial, role: 'answerer' }))!;
    expect(await openSignal(between(bob, ann), theirs, asAnswer, ann.card)).toBeUndefined();
    const asOffer = decodeSignal(await sealed(bob, ann, { ...theirs, role: 'dialler' }))!;
    expect(await openSignal(between(ann, bob), dial, asOffer, bob.card)).toBeUndefined();
    const own = decodeSignal(await sealed(ann, bob, dial))!;
    expect(await openSignal(between(ann, bob), dial, own, ann.card)).toBeUndefined();
  });

  it('belongs to one dial', async () => {
    const [one, other] = [await dials[mode](), await dials[mode]()];
    const { dial: theirs } = (await answered(await sealed(ann, bob, one), bob, ann))!;
    const fromOther = decodeSignal(await sealed(ann, bob, other))!;
    expect(await openSignal(between(bob, ann), theirs, fromOther, ann.card)).toBeUndefined();
    expect(await openSignal(between(bob, ann), { ...theirs, dialId: other.dialId }, fromOther, ann.card)).toEqual(
      mode === 'invite' ? expect.anything() : undefined,
    );
  });

  it('has exactly its length', async () => {
    const payload = await sealed(ann, bob, await dials[mode]());
    for (let length = 0; length < payload.length; length += 7) {
      expect(decodeSignal(payload.slice(0, length))).toBeUndefined();
    }
    expect(decodeSignal(concat(payload, u8(0)))).toBeUndefined();
  });

  it.each([
    ['version', 0, 2],
    ['mode', 1, 2],
    ['direction', 2, 2],
  ])('of an unknown %s is refused', async (_, at, value) => {
    const payload = await sealed(ann, bob, await dials[mode]());
    payload[at] = value;
    expect(decodeSignal(payload)).toBeUndefined();
  });

  it('is made at its largest size, and not at one more', async () => {
    const dial = await dials[mode]();
    const overhead = (await sealed(ann, bob, dial, { type: 'offer', text: '' })).length;
    const room = MAX_SIGNAL_BYTES - overhead;
    const largest = await sealed(ann, bob, dial, { type: 'offer', text: 'x'.repeat(room) });
    expect(largest.length).toBe(MAX_SIGNAL_BYTES);
    expect((await answered(largest, bob, ann))?.opened.signal.text.length).toBe(room);
    expect(await sealSignal(between(ann, bob), dial, { type: 'offer', text: 'x'.repeat(room + 1) })).toBeUndefined();
  });
});

describe('the modes of signaling', () => {
  it('do not mix', async () => {
    const [pinned, invite] = [await dials.pinned(), await dials.invite()];
    const fromInvite = decodeSignal(await sealed(ann, bob, invite))!;
    const fromPinned = decodeSignal(await sealed(ann, bob, pinned))!;
    const sides = between(bob, ann);
    const asPinned: DialKeys = { ...invite, mode: { mode: 'pinned' }, role: 'answerer' };
    expect(await openSignal(sides, asPinned, fromInvite, ann.card)).toBeUndefined();
    const asInvite: DialKeys = { ...pinned, mode: invite.mode, role: 'answerer' };
    expect(await openSignal(sides, asInvite, fromPinned, ann.card)).toBeUndefined();
  });

  it('want the right invite, and its secret', async () => {
    const payload = await sealed(ann, bob, await dials.invite());
    expect(await answered(payload, bob, ann, randomBytes(32))).toBeUndefined();
    const other: DialKeys = { ...(await dials.invite()), mode: { mode: 'invite', inviteId: randomBytes(32) } };
    const theirs: DialKeys = { ...other, role: 'answerer', dialId: decodeSignal(payload)!.dialId };
    expect(await openSignal(between(bob, ann), theirs, decodeSignal(payload)!, ann.card)).toBeUndefined();
    expect(await answerDial(between(bob, ann), decodeSignal(payload)!, undefined)).toBeUndefined();
  });

  it('with an invite let nobody speak in the name of another, though both hold the link', async () => {
    const asAnn = { us: { ...eve, card: ann.card }, them: bob.card.fingerprint };
    const forged = await sealSignal(asAnn, await dials.invite(), offer);
    expect(await answered(forged!, bob, ann)).toBeUndefined();
    const inHerName = { ...eve.card, fingerprint: ann.card.fingerprint };
    const withOwnCard = { us: { ...eve, card: inHerName }, them: bob.card.fingerprint };
    const signedWell = await sealSignal(withOwnCard, await dials.invite(), offer);
    expect(await answered(signedWell!, bob, ann)).toBeUndefined();
  });

  it('between pinned people take no card but the pinned one', async () => {
    const payload = await sealed(ann, bob, await dials.pinned());
    const taken = decodeSignal(payload)!;
    const dial = (await answerDial(between(bob, ann), taken, undefined))!;
    expect(await openSignal(between(bob, ann), dial, taken, undefined)).toBeUndefined();
    expect(await openSignal(between(bob, ann), dial, taken, eve.card)).toBeUndefined();
    expect(await openSignal(between(bob, ann), dial, taken, ann.card)).toBeDefined();
  });
});
