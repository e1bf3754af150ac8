import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { generateRatchetKey } from '../../../app/core/crypto/dh.ts';
import { HEADER_BYTES } from '../../../app/core/envelope/header.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Ratchet } from '../../../app/core/session/ratchet.ts';
import { retire, type Session } from '../../../app/core/session/session.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { inSession, openBy, sealBy, type Side } from '../../parts/handshakes.ts';

/** Everything a session holds, as text: to see that nothing in it was overwritten. */
function imageOf(session: Session): string {
  return JSON.stringify(session, (_key, value: unknown) =>
    value instanceof Uint8Array ? toHex(value as Bytes) : value,
  );
}

/** Seals a text. @returns the envelope, and the side as it is afterwards. */
const write = (side: Side, text: string) => sealBy(side, { entries: utf8(text), rest: new Uint8Array(0) });

/** Opens an envelope. @returns the text, and the side as it is afterwards; or undefined. */
async function read(side: Side, envelope: Bytes): Promise<{ side: Side; text: string } | undefined> {
  const opened = await openBy(side, envelope);
  return opened && { side: opened.side, text: Buffer.from(opened.body.entries).toString() };
}

/** One says something, and the other takes it. @returns both as they are afterwards, and the envelope. */
async function pass(from: Side, to: Side, text = 'text'): Promise<{ from: Side; to: Side; envelope: Bytes }> {
  const sent = await write(from, text);
  const got = await read(to, sent.envelope);
  expect(got?.text).toBe(text);
  return { from: sent.side, to: got!.side, envelope: sent.envelope };
}

function withRatchet(side: Side, changes: Partial<Ratchet>): Side {
  return { ...side, session: { ...side.session, ratchet: { ...side.session.ratchet, ...changes } } };
}

const ratchetKeyIn = (envelope: Bytes) => toHex(envelope.slice(26, 58));

describe('a session', () => {
  it('carries messages both ways, each direction with its own count', async () => {
    let [ann, bob] = await inSession('Ann', 'Bob');
    for (const text of ['one', 'two', 'three']) ({ from: ann, to: bob } = await pass(ann, bob, text));
    ({ from: bob, to: ann } = await pass(bob, ann, 'back'));
    ({ from: ann, to: bob } = await pass(ann, bob, 'and forth'));
    expect(ann.session.ratchet.sending.counter).toBe(4);
    expect(bob.session.ratchet.receiving.counter).toBe(4);
    expect(bob.session.ratchet.sending.counter).toBe(1);
  });

  it('carries messages that cross, again and again, and both end at one root', async () => {
    let [ann, bob] = await inSession('Ann', 'Bob');
    for (let round = 0; round < 5; round++) {
      const [fromAnn, fromBob] = [await write(ann, 'hello'), await write(bob, 'hi')];
      const [atAnn, atBob] = [await read(fromAnn.side, fromBob.envelope), await read(fromBob.side, fromAnn.envelope)];
      expect([atAnn?.text, atBob?.text]).toEqual(['hi', 'hello']);
      [ann, bob] = [atAnn!.side, atBob!.side];
      expect(toHex(ann.session.ratchet.rootKey)).toBe(toHex(bob.session.ratchet.rootKey));
      expect(ann.session.ratchet.holdsToken).not.toBe(bob.session.ratchet.holdsToken);
    }
  });

  it('refuses a replayed envelope', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { to, envelope } = await pass(ann, bob);
    expect(await read(to, envelope)).toBeUndefined();
  });

  it('refuses an envelope that comes too early', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const first = await write(ann, 'first');
    const second = await write(first.side, 'second');
    expect(await read(bob, second.envelope)).toBeUndefined();
    const got = await read(bob, first.envelope);
    expect((await read(got!.side, second.envelope))?.text).toBe('second');
  });

  it('refuses its own envelopes sent back to it', async () => {
    for (const [side, other] of [await inSession('Ann', 'Bob'), (await inSession('Ann', 'Bob')).reverse()]) {
      const sent = await write(side!, 'echo');
      expect(await read(side!, sent.envelope)).toBeUndefined();
      expect(await read(sent.side, sent.envelope)).toBeUndefined();
      expect((await read(other!, sent.envelope))?.text).toBe('echo');
    }
  });

  it('refuses an envelope replayed after a reconnect, whose session is another', async () => {
    const [ann] = await inSession('Ann', 'Bob');
    const [, bobLater] = await inSession('Ann', 'Bob');
    const { envelope } = await write(ann, 'before');
    expect(await read(bobLater, envelope)).toBeUndefined();
    const relabelled = concat(envelope.slice(0, 2), bobLater.session.id, envelope.slice(18));
    expect(await read(bobLater, relabelled)).toBeUndefined();
  });

  it('refuses another counter or session, even from one who has the very keys', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { sending } = ann.session.ratchet;
    for (const counter of [1, 2 ** 40]) {
      const other = withRatchet(ann, { sending: { ...sending, counter } });
      expect(await read(bob, (await write(other, 'out of turn')).envelope)).toBeUndefined();
    }
    const other = { ...ann, session: { ...ann.session, id: randomBytes(16) } };
    expect(await read(bob, (await write(other, 'out of place')).envelope)).toBeUndefined();
  });

  it('refuses an envelope from a third person who knows all its keys (fault 16)', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const [eve] = await inSession('Eve', 'Bob');
    const stolen = { session: ann.session, parties: { us: eve.parties.us, them: ann.parties.them } };
    expect(await read(bob, (await write(stolen, 'it is me')).envelope)).toBeUndefined();
  });

  it('is a value: neither sealing nor opening, well or badly, changes what went in', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const before = [imageOf(ann.session), imageOf(bob.session)];
    for (const [from, to] of [[ann, bob] as const, [bob, ann] as const]) {
      const { envelope } = await write(from, 'one');
      const input = envelope.slice();
      await read(to, envelope);
      await read(to, flipBit(envelope, 8 * HEADER_BYTES + 400));
      await read(to, new Uint8Array(100));
      expect(envelope).toEqual(input);
    }
    expect([imageOf(ann.session), imageOf(bob.session)]).toEqual(before);
  });

  it('opens the right envelope even after any number of wrong ones', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { envelope } = await write(bob, 'right');
    const before = imageOf(ann.session);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(1500), damaged(envelope)), async (bytes) => {
        if (!Buffer.from(bytes).equals(envelope)) expect(await read(ann, bytes)).toBeUndefined();
      }),
      { numRuns: 800 },
    );
    expect(imageOf(ann.session)).toBe(before);
    expect((await read(ann, envelope))?.text).toBe('right');
  });
});

describe('the ratchet of a session', () => {
  it('makes a new key pair whenever the conversation turns, and only then', async () => {
    let [ann, bob] = await inSession('Ann', 'Bob');
    const keys: string[] = [];
    for (const round of [1, 2]) {
      for (let i = 0; i < 2; i++) {
        const sent = await pass(bob, ann, `${round}`);
        [bob, ann] = [sent.from, sent.to];
        keys.push(ratchetKeyIn(sent.envelope));
      }
      const sent = await pass(ann, bob);
      [ann, bob] = [sent.from, sent.to];
      keys.push(ratchetKeyIn(sent.envelope));
    }
    const [b1, b2, a1, b3, b4, a2] = keys;
    expect([b2, b4]).toEqual([b1, b3]);
    expect(new Set([b1, a1, b3, a2]).size).toBe(4);
  });

  it('changes every key with every envelope', async () => {
    let [ann, bob] = await inSession('Ann', 'Bob');
    const keys: string[] = [];
    for (let i = 0; i < 3; i++) {
      ({ from: bob, to: ann } = await pass(bob, ann));
      ({ from: bob, to: ann } = await pass(bob, ann));
      keys.push(toHex(bob.session.ratchet.sending.key));
      ({ from: ann, to: bob } = await pass(ann, bob));
      keys.push(toHex(ann.session.ratchet.sending.key), toHex(ann.session.ratchet.rootKey));
    }
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('refuses a new key from whoever does not hold the token', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    // The responder holds it; so the initiator, who may speak, may not step, and two steps at once never meet.
    const stepping = withRatchet(ann, { holdsToken: true });
    expect(await read(bob, (await write(stepping, 'out of turn')).envelope)).toBeUndefined();
    const other = withRatchet(ann, { ours: await generateRatchetKey() });
    expect(await read(bob, (await write(other, 'another key')).envelope)).toBeUndefined();
  });

  it('refuses a key that is none, or of small order', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    for (const publicKey of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
      const { privateKey } = bob.session.ratchet.ours;
      const weak = withRatchet(bob, { ours: { privateKey, publicKey }, holdsToken: false });
      expect(await read(ann, (await write(weak, 'weak')).envelope)).toBeUndefined();
    }
  });

  it('gives away no key of before: what was opened does not open again, even with the count turned back', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { to, envelope } = await pass(bob, ann);
    const { receiving } = to.session.ratchet;
    const turnedBack = withRatchet(to, { receiving: { ...receiving, counter: receiving.counter - 1 } });
    expect(await read(turnedBack, envelope)).toBeUndefined();
  });

  it('is closed again to whoever copied one side of it, once that side has made a new key', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const first = await pass(bob, ann);
    // A session is a value: this is all that Ann has now.
    const stolen = first.to;
    const turned = await pass(first.to, first.from);
    const { envelope } = await pass(turned.to, turned.from);
    expect(await read(stolen, envelope)).toBeUndefined();
    // Nor does a step with a key pair that is not Ann's lead there.
    const stepped = (await write(stolen, 'as Ann')).side;
    expect(await read(stepped, envelope)).toBeUndefined();
  });

  it('is overwritten, but for what its successor goes on using', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { from, to } = await pass(bob, ann);
    const [sender, recipient] = [bob.session.ratchet, ann.session.ratchet];
    retire(bob.session, from.session);
    retire(ann.session, to.session);
    const zeros = new Uint8Array(32);
    expect([sender.rootKey, sender.sending.key]).toEqual([zeros, zeros]);
    expect([recipient.rootKey, recipient.receiving.key]).toEqual([zeros, zeros]);
    expect((await pass(to, from)).from).toBeDefined();
    retire(from.session);
    const { rootKey, sending, receiving } = from.session.ratchet;
    expect([rootKey, sending.key, receiving.key]).toEqual([zeros, zeros, zeros]);
  });
});
