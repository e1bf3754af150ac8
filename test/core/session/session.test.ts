import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { HEADER_BYTES } from '../../../app/core/envelope/header.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { openInSession, sealInSession, type Session } from '../../../app/core/session/session.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { inSession, type Side } from '../../parts/handshakes.ts';

const say = (text: string) => ({ entries: utf8(text), rest: new Uint8Array(0) });

/** Everything a session holds, as text: to see that nothing in it was overwritten. */
function imageOf(session: Session): string {
  return JSON.stringify(session, (_key, value: unknown) =>
    value instanceof Uint8Array ? toHex(value as Bytes) : value,
  );
}

/** Seals a text. @returns the envelope, and the side as it is afterwards. */
async function write(side: Side, text: string): Promise<{ side: Side; envelope: Bytes }> {
  const { session, envelope } = await sealInSession(side.session, side.parties, say(text));
  return { side: { ...side, session }, envelope };
}

/** Opens an envelope. @returns the text, and the side as it is afterwards; or undefined. */
async function read(side: Side, envelope: Bytes): Promise<{ side: Side; text: string } | undefined> {
  const opened = await openInSession(side.session, side.parties, envelope);
  if (!opened) return undefined;
  return { side: { ...side, session: opened.session }, text: Buffer.from(opened.body.entries).toString() };
}

describe('a session', () => {
  it('carries messages both ways, each direction with its own count', async () => {
    let [ann, bob] = await inSession('Ann', 'Bob');
    for (const text of ['one', 'two', 'three']) {
      const sent = await write(ann, text);
      const got = await read(bob, sent.envelope);
      expect(got?.text).toBe(text);
      [ann, bob] = [sent.side, got!.side];
    }
    const sent = await write(bob, 'back');
    expect((await read(ann, sent.envelope))?.text).toBe('back');
    expect(ann.session.sending.counter).toBe(3);
    expect(bob.session.receiving.counter).toBe(3);
    expect(sent.side.session.sending.counter).toBe(1);
  });

  it('carries messages that cross', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const [fromAnn, fromBob] = [await write(ann, 'hello'), await write(bob, 'hi')];
    expect((await read(fromAnn.side, fromBob.envelope))?.text).toBe('hi');
    expect((await read(fromBob.side, fromAnn.envelope))?.text).toBe('hello');
  });

  it('refuses a replayed envelope', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { envelope } = await write(ann, 'once');
    const got = await read(bob, envelope);
    expect(await read(got!.side, envelope)).toBeUndefined();
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
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { envelope, side } = await write(ann, 'echo');
    expect(await read(ann, envelope)).toBeUndefined();
    expect(await read(side, envelope)).toBeUndefined();
    expect((await read(bob, envelope))?.text).toBe('echo');
  });

  it('refuses an envelope replayed after a reconnect, whose session is another', async () => {
    const [ann] = await inSession('Ann', 'Bob');
    const [, bobLater] = await inSession('Ann', 'Bob');
    const { envelope } = await write(ann, 'before');
    expect(await read(bobLater, envelope)).toBeUndefined();
    const relabelled = concat(envelope.slice(0, 2), bobLater.session.id, envelope.slice(18));
    expect(await read(bobLater, relabelled)).toBeUndefined();
  });

  it('refuses another ratchet key', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const other = { ...ann, session: { ...ann.session, ourRatchetKey: randomBytes(32) } };
    expect(await read(bob, (await write(other, 'new key')).envelope)).toBeUndefined();
  });

  it('refuses another counter or session, even from one who has the very keys', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { sending } = ann.session;
    for (const change of [
      { sending: { ...sending, counter: 1 } },
      { sending: { ...sending, counter: 2 ** 40 } },
      { id: randomBytes(16) },
    ]) {
      const other = { ...ann, session: { ...ann.session, ...change } };
      expect(await read(bob, (await write(other, 'out of turn')).envelope)).toBeUndefined();
    }
  });

  it('refuses an envelope from a third person who knows all its keys', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const [eve] = await inSession('Eve', 'Bob');
    const stolen = { session: ann.session, parties: { us: eve.parties.us, them: ann.parties.them } };
    expect(await read(bob, (await write(stolen, 'it is me')).envelope)).toBeUndefined();
  });

  it('changes its keys with every message', async () => {
    const [ann] = await inSession('Ann', 'Bob');
    const [one, other] = [await write(ann, 'a'), await write((await write(ann, 'a')).side, 'b')];
    const keys = [ann, one.side, other.side].map(({ session }) => toHex(session.sending.key));
    expect(new Set(keys).size).toBe(3);
  });

  it('is a value: neither sealing nor opening, well or badly, changes what went in', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const before = [imageOf(ann.session), imageOf(bob.session)];
    const { envelope } = await write(ann, 'one');
    const input = envelope.slice();
    await read(bob, envelope);
    await read(bob, flipBit(envelope, 8 * HEADER_BYTES + 400));
    await read(bob, new Uint8Array(100));
    expect([imageOf(ann.session), imageOf(bob.session)]).toEqual(before);
    expect(envelope).toEqual(input);
  });

  it('opens the right envelope even after any number of wrong ones', async () => {
    const [ann, bob] = await inSession('Ann', 'Bob');
    const { envelope } = await write(ann, 'right');
    const before = imageOf(bob.session);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(1500), damaged(envelope)), async (bytes) => {
        if (!Buffer.from(bytes).equals(envelope)) expect(await read(bob, bytes)).toBeUndefined();
      }),
      { numRuns: 800 },
    );
    expect(imageOf(bob.session)).toBe(before);
    expect((await read(bob, envelope))?.text).toBe('right');
  });
});
