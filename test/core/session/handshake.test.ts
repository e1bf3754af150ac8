import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard } from '../../../signal/wire/card.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { accept, answer, complete, initiate, type HandshakeContext } from '../../../app/core/session/handshake.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { encounter, shakeHands, type Encounter, type HowTheyMeet } from '../../parts/handshakes.ts';
import { cardOf, DAY, identityOf, NOW } from '../../parts/identities.ts';

const inviteId = randomBytes(32);
const psk = randomBytes(32);
const PINNED: HowTheyMeet = { mode: 'pinned' };
const INVITED: HowTheyMeet = { mode: 'invite', inviteId, psk };
let ann: Identity;
let bob: Identity;
let eve: Identity;

beforeAll(async () => {
  [ann, bob, eve] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Eve')]);
});

/** The same encounter, but one side goes by something else. */
function initiatorWith(how: HowTheyMeet, changes: Partial<HandshakeContext>): Encounter {
  const fitting = encounter(ann, bob, how);
  return { ...fitting, initiator: { ...fitting.initiator, ...changes } };
}
function responderWith(how: HowTheyMeet, changes: Partial<HandshakeContext>): Encounter {
  const fitting = encounter(ann, bob, how);
  return { ...fitting, responder: { ...fitting.responder, ...changes } };
}

describe.each([
  ['between people who know each other', PINNED],
  ['at first contact, by an invite', INVITED],
])('a handshake %s', (_, how) => {
  it('proves each to the other, and gives both the same session', async () => {
    const met = await shakeHands(encounter(ann, bob, how));
    if ('refused' in met) throw new Error(met.refused);
    const [ours, theirs] = [met.initiator, met.responder];
    expect(ours.peer).toMatchObject({ name: 'Bob', card: { fingerprint: bob.card.fingerprint } });
    expect(theirs.peer).toMatchObject({ name: 'Ann', card: { fingerprint: ann.card.fingerprint } });
    expect(ours.session.id).toEqual(theirs.session.id);
    const [atInitiator, atResponder] = [ours.session.ratchet, theirs.session.ratchet];
    expect(atInitiator.rootKey).toEqual(atResponder.rootKey);
    expect(atInitiator.sending).toEqual(atResponder.receiving);
    expect(atInitiator.receiving).toEqual(atResponder.sending);
    expect(atInitiator.sending.key).not.toEqual(atInitiator.receiving.key);
    expect(atInitiator.ours.publicKey).toEqual(atResponder.theirs);
    expect(atInitiator.theirs).toEqual(atResponder.ours.publicKey);
    expect([atInitiator.holdsToken, atResponder.holdsToken]).toEqual([false, true]);
  });

  it('gives new keys each time', async () => {
    const same = encounter(ann, bob, how);
    const [one, other] = [await shakeHands(same), await shakeHands(same)];
    if ('refused' in one || 'refused' in other) throw new Error('refused');
    expect(one.initiator.session.id).not.toEqual(other.initiator.session.id);
    expect(one.initiator.session.ratchet.rootKey).not.toEqual(other.initiator.session.ratchet.rootKey);
  });

  it.each(['m1', 'm2', 'm3'] as const)('ends if any bit of %s is flipped', async (message) => {
    const both = encounter(ann, bob, how);
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (bit) => {
        const met = await shakeHands(both, { [message]: (bytes: Bytes) => flipBit(bytes, bit) });
        expect(met).toHaveProperty('refused');
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['m1', 1 + 1 + 1 + 32 + 31],
    ['m2', 4 + 1 + 31],
  ] as const)(
    'ends if %s is altered where X25519 itself does not see it: in the highest bit of the key',
    async (m, at) => {
      const alter = (bytes: Bytes) => flipBit(bytes, 8 * at + 7);
      expect(flipBit(new Uint8Array(1), 7)).toEqual(Uint8Array.of(128));
      expect(await shakeHands(encounter(ann, bob, how), { [m]: alter })).toEqual({ refused: 'm2' });
    },
  );

  it.each(['m1', 'm2', 'm3'] as const)('ends if %s is cut short or made longer', async (message) => {
    const changes = [(bytes: Bytes) => bytes.slice(0, -1), (bytes: Bytes) => concat(bytes, Uint8Array.of(0))];
    for (const change of [...changes, () => new Uint8Array(0)]) {
      expect(await shakeHands(encounter(ann, bob, how), { [message]: change })).toEqual({ refused: message });
    }
  });

  it('ends if the two are on different channels, as with somebody in between', async () => {
    const { initiator, responder } = encounter(ann, bob, how);
    for (const side of ['initiator', 'responder'] as const) {
      // One of the two certificates is the same.
      const binding = { ...initiator.binding, [side]: randomBytes(32) };
      const met = await shakeHands({ initiator: { ...initiator, binding }, responder });
      expect(met).toEqual({ refused: 'm2' });
    }
  });

  it('ends if the certificates of the channel are told the wrong way round', async () => {
    const both = encounter(ann, bob, how);
    const { binding } = both.responder;
    const swapped = { initiator: binding.responder, responder: binding.initiator };
    const { initiator, responder } = both;
    expect(await shakeHands({ initiator, responder: { ...responder, binding: swapped } })).toEqual({ refused: 'm2' });
  });

  it('ends if it belongs to another dial', async () => {
    expect(await shakeHands(responderWith(how, { dialId: randomBytes(16) }))).toEqual({ refused: 'm1' });
  });

  it('ends if the initiator wants somebody else, or is somebody else than signaled', async () => {
    expect(await shakeHands(initiatorWith(how, { them: eve.card.fingerprint }))).toEqual({ refused: 'm1' });
    expect(await shakeHands(responderWith(how, { them: eve.card.fingerprint }))).toEqual({ refused: 'm1' });
  });

  it('ends if one is asked to talk to oneself', async () => {
    expect(await shakeHands(encounter(ann, ann, how))).toEqual({ refused: 'm1' });
    const { responder } = encounter(ann, ann, how);
    const { initiator } = encounter(ann, bob, how);
    expect(await shakeHands({ initiator, responder: { ...responder, us: bob } })).toEqual({ refused: 'm1' });
  });

  it('ends if either shows the card of another', async () => {
    const asAnn = { card: ann.card, name: 'Ann', signKey: eve.signKey };
    expect(await shakeHands(initiatorWith(how, { us: asAnn }))).toEqual({ refused: 'm3' });
    const asBob = { card: bob.card, name: 'Bob', signKey: eve.signKey };
    expect(await shakeHands(responderWith(how, { us: asBob }))).toEqual({ refused: 'm2' });
  });

  it('ends if either shows a card of their own in the name of another', async () => {
    const nameOf = (whose: Identity) => ({ ...eve.card, fingerprint: whose.card.fingerprint });
    const asAnn = { card: nameOf(ann), name: 'Ann', signKey: eve.signKey };
    expect(await shakeHands(initiatorWith(how, { us: asAnn }))).toEqual({ refused: 'm3' });
    const asBob = { card: nameOf(bob), name: 'Bob', signKey: eve.signKey };
    expect(await shakeHands(responderWith(how, { us: asBob }))).toEqual({ refused: 'm2' });
  });

  it('ends if either has an expired card, beyond a day of tolerance', async () => {
    const until = async (name: string, end: number) => (await openCard(await cardOf(name, { until: end })))!;
    const [late, justInTime] = [NOW - DAY - 1, NOW - DAY];
    const annLate = { ...ann, card: await until('Ann', late) };
    const bobLate = { ...bob, card: await until('Bob', late) };
    expect(await shakeHands(initiatorWith(how, { us: annLate }))).toEqual({ refused: 'm3' });
    expect(await shakeHands(responderWith(how, { us: bobLate }))).toEqual({ refused: 'm2' });
    const annInTime = { ...ann, card: await until('Ann', justInTime) };
    expect(await shakeHands(initiatorWith(how, { us: annInTime }))).not.toHaveProperty('refused');
  });

  it('ends if a name is not one', async () => {
    for (const name of ['', ' Ann', 'two\nlines', 'x'.repeat(65)]) {
      expect(await shakeHands(initiatorWith(how, { us: { ...ann, name } }))).toEqual({ refused: 'm3' });
      expect(await shakeHands(responderWith(how, { us: { ...bob, name } }))).toEqual({ refused: 'm2' });
    }
  });

  it('ends if any message comes from another run of it', async () => {
    const both = encounter(ann, bob, how);
    const [one, other] = [await initiate(both.initiator), await initiate(both.initiator)];
    const [answerToOne, answerToOther] = [await answer(both.responder, one.m1), await answer(both.responder, other.m1)];
    expect(await complete(both.initiator, one, answerToOther!.m2)).toBeUndefined();
    const completed = await complete(both.initiator, one, answerToOne!.m2);
    expect(await accept(both.responder, answerToOther!, completed!.m3)).toBeUndefined();
    expect(await accept(both.responder, answerToOne!, completed!.m3)).toBeDefined();
  });

  it('cannot be reflected', async () => {
    const { initiator, responder } = encounter(ann, bob, how);
    const initiated = await initiate(initiator);
    expect(await answer({ ...initiator, them: ann.card.fingerprint }, initiated.m1)).toBeUndefined();
    const answered = await answer(responder, initiated.m1);
    expect(await accept(responder, answered!, answered!.m2)).toBeUndefined();
  });
});

describe('the mode of a handshake', () => {
  it('at first contact wants the secret of the invite, on both sides', async () => {
    expect(await shakeHands(initiatorWith(INVITED, { psk: randomBytes(32) }))).toEqual({ refused: 'm2' });
    expect(await shakeHands(initiatorWith(INVITED, { psk: undefined }))).toEqual({ refused: 'm2' });
    expect(await shakeHands(responderWith(INVITED, { psk: undefined }))).toEqual({ refused: 'm2' });
  });

  it('is the one that was signaled: never another, nor another invite', async () => {
    const pinned = { mode: { mode: 'pinned' }, psk: undefined } as const;
    expect(await shakeHands(initiatorWith(INVITED, pinned))).toEqual({ refused: 'm1' });
    expect(await shakeHands(responderWith(INVITED, pinned))).toEqual({ refused: 'm1' });
    const other = { mode: 'invite', inviteId: randomBytes(32) } as const;
    expect(await shakeHands(initiatorWith(INVITED, { mode: other }))).toEqual({ refused: 'm1' });
  });

  it('cannot be turned from invite to pinned on the way', async () => {
    const strip = (m1: Bytes) => concat(m1.slice(0, 2), Uint8Array.of(0), new Uint8Array(32), m1.slice(35));
    expect(await shakeHands(encounter(ann, bob, INVITED), { m1: strip })).toEqual({ refused: 'm1' });
    const both = responderWith(INVITED, { mode: { mode: 'pinned' }, psk: undefined });
    expect(await shakeHands(both, { m1: strip })).toEqual({ refused: 'm2' });
  });
});
