/** The hourly handshake on an open link, with the clock in the test's hand. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toHex } from '../../../signal/wire/bytes.ts';
import { openCard } from '../../../signal/wire/card.ts';
import { ConversationLink } from '../../../app/core/chat/conversation-link.ts';
import type { Established } from '../../../app/core/chat/dial.ts';
import type { Shaken } from '../../../app/core/chat/shake-hands.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { openIdentity, type Identity } from '../../../app/core/identity/identity.ts';
import { renamed, withFreshKey } from '../../../app/core/identity/identity-change.ts';
import type { Batch } from '../../../app/core/log/batch.ts';
import { decodeFrame, encodeFrame, type FrameKind } from '../../../app/core/transport/frames.ts';
import { fresh, talkOf, wrote } from '../../parts/conversations.ts';
import { eventually } from '../../parts/eventually.ts';
import { cardOf, DAY, identityOf, NOW, recordOf } from '../../parts/identities.ts';
import { openLinks } from '../../parts/open-links.ts';

const HOUR = 60 * 60 * 1000;

afterEach(() => vi.useRealTimers());

/**
 * Ann has dialled Bob; both read what comes, and the test sees which frames went over, and in which session.
 * @param meet - makes of what Ann's dial led to something else.
 */
async function setUp(
  meet: (established: Established) => Established = (established) => established,
  asNow?: (identity: Identity) => Identity,
) {
  vi.useRealTimers();
  const { network, initiator: dialled, responder } = await openLinks('Ann', 'Bob', undefined, undefined, asNow);
  const initiator = meet(dialled);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const heard = { ann: [] as string[], bob: [] as string[], closed: [] as string[], broken: [] as string[] };
  const side = async (name: 'ann' | 'bob', established: typeof initiator) => {
    const link = new ConversationLink(established);
    const listen = async () => {
      for (let batch = await link.receive(); batch; batch = await link.receive()) {
        heard[name].push(...batch.messages.map(({ content }) => content.text));
      }
    };
    listen().catch(() => heard.broken.push(name));
    void link.closed.then(() => heard.closed.push(name));
    return link;
  };
  const [ann, bob] = [await side('ann', initiator), await side('bob', responder)];
  const kinds = () => network.carried.map((frame) => decodeFrame(frame)?.kind);
  const count = (kind: FrameKind) => kinds().filter((one) => one === kind).length;
  const sessionOf = (frame: Uint8Array) => toHex(Uint8Array.from(frame.slice(4, 20)));
  const sessions = () =>
    network.carried.filter((frame) => decodeFrame(frame)?.kind === 'envelope').map((frame) => sessionOf(frame));
  network.carried.length = 0;
  return { network, initiator, responder, ann, bob, heard, kinds, count, sessions };
}

async function saying(...texts: string[]): Promise<Batch> {
  const [us, them] = [await identityOf('Ann'), await identityOf('Bob')];
  const talk = await talkOf(us.card.fingerprint, them.card.fingerprint);
  return { messages: (await wrote(fresh(), talk, ...texts)).messages, acknowledgements: [] };
}

describe('an open link', () => {
  it('gets a fresh session each hour, and goes on in it', async () => {
    const { ann, bob, heard, kinds, count, sessions } = await setUp();
    await ann.send(await saying('before'));
    await eventually(() => heard.bob.length === 1);
    for (const round of [1, 2]) {
      vi.advanceTimersByTime(HOUR);
      // Finished, and the initiator's first word in the fresh session.
      await eventually(
        () =>
          count('m3') === round &&
          sessions()
            .slice(-2)
            .every((id) => id === sessions().at(-1)),
      );
      await eventually(() => new Set(sessions()).size === round + 1);
      await bob.send(await saying(`to Ann ${round}`));
      await ann.send(await saying(`to Bob ${round}`));
      await eventually(() => heard.ann.length === round && heard.bob.length === round + 1);
    }
    expect(heard.bob).toEqual(['before', 'to Bob 1', 'to Bob 2']);
    expect(kinds().filter((kind) => kind !== 'envelope')).toEqual(['m1', 'm2', 'm3', 'm1', 'm2', 'm3']);
    expect(heard.closed).toEqual([]);
  });

  it('loses and reorders nothing of what is written while the handshake runs', async () => {
    const { ann, bob, heard, sessions } = await setUp();
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    const write = async (link: ConversationLink) => {
      for (const text of texts) expect(await link.send(await saying(text))).toBe(true);
    };
    const writing = Promise.all([write(ann), write(bob)]);
    await eventually(() => heard.bob.length > 3);
    vi.advanceTimersByTime(HOUR);
    await writing;
    await eventually(() => heard.ann.length === texts.length && heard.bob.length === texts.length);
    expect([heard.ann, heard.bob]).toEqual([texts, texts]);
    expect(new Set(sessions()).size).toBe(2);
    expect(heard.closed).toEqual([]);
  });

  it.each(['Ann', 'Bob'])(
    'goes on while the keys of %s are renewed, and takes them up at the next handshake',
    async (who) => {
      const now = new Map<string, Identity>();
      const asNow = (identity: Identity) => now.get(identity.name) ?? identity;
      const shown: Shaken['peer'][] = [];
      const watched = (established: Established): Established => ({
        ...established,
        renew: async (...parameters) => {
          const shaken = await established.renew(...parameters);
          shown.push(shaken.peer);
          return shaken;
        },
      });
      const set = await setUp(watched, asNow);
      const { network, ann, bob, heard, sessions } = set;
      const record = renamed(await withFreshKey(await recordOf(who), await identityOf(who), NOW), `${who} the younger`);
      now.set(who, await openIdentity(record));
      await ann.send(await saying('before'));
      await bob.send(await saying('before'));
      await eventually(() => heard.ann.length === 1 && heard.bob.length === 1);

      // While the handshake runs, both sides write in the old session, which stays with the keys it began with.
      network.tamper = (frame) => {
        if (decodeFrame(frame)?.kind === 'm3') void saying('meanwhile').then((batch) => ann.send(batch));
        return [frame];
      };
      vi.advanceTimersByTime(HOUR);
      await eventually(() => new Set(sessions()).size === 2);
      await bob.send(await saying('after'));
      await ann.send(await saying('after'));
      await eventually(() => heard.ann.length === 2 && heard.bob.length === 3);
      expect(heard).toMatchObject({ closed: [], broken: [] });
      expect(shown.map(({ name }) => name)).toEqual([who === 'Bob' ? 'Bob the younger' : 'Bob']);
      if (who === 'Bob') expect(shown[0]?.card.bytes).toEqual(now.get('Bob')?.card.bytes);
    },
  );

  it('overwrites the key of a chain as it moves on, on both sides', async () => {
    const { initiator, responder, ann, heard } = await setUp();
    const keys = [initiator.session.ratchet.sending.key, responder.session.ratchet.receiving.key];
    expect(keys.some((key) => key.every((byte) => byte === 0))).toBe(false);
    await ann.send(await saying('text'));
    await eventually(() => heard.bob.length === 1);
    expect(keys).toEqual([new Uint8Array(32), new Uint8Array(32)]);
  });

  it('overwrites the keys of the session before, on both sides', async () => {
    const { initiator, responder, sessions } = await setUp();
    const keys = [initiator, responder].flatMap(({ session: { ratchet } }) => [
      ratchet.rootKey,
      ratchet.sending.key,
      ratchet.receiving.key,
    ]);
    vi.advanceTimersByTime(HOUR);
    await eventually(() => sessions().length === 2);
    await eventually(() => keys.every((key) => key.every((byte) => byte === 0)));
  });

  it('is closed, and its keys overwritten, if the other side does not answer', async () => {
    const { network, initiator, heard } = await setUp();
    network.tamper = () => [];
    vi.advanceTimersByTime(HOUR);
    await eventually(() => network.carried.length === 1);
    expect(heard.closed).toEqual([]);
    vi.advanceTimersByTime(HOUR / 12);
    await eventually(() => heard.closed.length === 2);
    const { rootKey } = initiator.session.ratchet;
    await eventually(() => rootKey.every((byte) => byte === 0));
  });

  it('is not taken over by whoever has the keys of both people, but not the session', async () => {
    const { heard, count } = await setUp((established) => ({
      ...established,
      session: { ...established.session, renewalKey: randomBytes(32) },
    }));
    vi.advanceTimersByTime(HOUR);
    await eventually(() => heard.closed.length === 2);
    expect(heard.broken).toEqual(['ann']);
    expect(count('m3')).toBe(0);
  });

  it('is closed if the initiator says nothing in the fresh session, and so keeps the old one alive', async () => {
    const { network, heard, sessions } = await setUp();
    let envelopes = 0;
    network.tamper = (frame) => (decodeFrame(frame)?.kind === 'envelope' && ++envelopes === 2 ? [] : [frame]);
    vi.advanceTimersByTime(HOUR);
    await eventually(() => sessions().length === 2);
    expect(heard.closed).toEqual([]);
    vi.advanceTimersByTime(HOUR / 60);
    await eventually(() => heard.closed.length === 2);
  });

  it('is closed if the fresh handshake shows a card older than the one known', async () => {
    const newer = (await openCard(await cardOf('Bob', { sequence: NOW + DAY })))!;
    const { heard, kinds } = await setUp((known) => ({ ...known, peer: { ...known.peer, card: newer } }));
    vi.advanceTimersByTime(HOUR);
    await eventually(() => heard.closed.length === 2);
    expect(kinds()).toEqual(['m1', 'm2']);
  });

  it('knows the card of one handshake at the next', async () => {
    const older = (await openCard(await cardOf('Bob', { sequence: NOW - DAY })))!;
    const known: number[] = [];
    const { count, responder } = await setUp((met) => ({
      ...met,
      peer: { ...met.peer, card: older },
      renew: (channel, card, renewalKey) => {
        known.push(card.sequence);
        return met.renew(channel, card, renewalKey);
      },
    }));
    for (const round of [1, 2]) {
      vi.advanceTimersByTime(HOUR);
      await eventually(() => count('envelope') === 2 * round);
      // Bob has heard Ann speak in the fresh session, and has forgotten the first.
      await eventually(() => responder.session.ratchet.rootKey.every((byte) => byte === 0));
    }
    expect(known).toEqual([older.sequence, (await identityOf('Bob')).card.sequence]);
  });

  it('is closed by the side that answered, if the other never shakes hands again', async () => {
    const { responder, heard, network } = await setUp();
    // The initiator's clock stands still.
    network.tamper = (frame) => (decodeFrame(frame)?.kind === 'm1' ? [] : [frame]);
    vi.advanceTimersByTime(HOUR + HOUR / 12);
    await eventually(() => heard.closed.includes('bob'));
    expect(responder.role).toBe('responder');
  });

  it.each(['m1', 'm2', 'm3'] as const)('is closed by an %s that is not due, on either side', async (kind) => {
    for (const from of ['ann', 'bob'] as const) {
      const { initiator, responder, heard } = await setUp();
      const { link } = from === 'ann' ? initiator : responder;
      await link.write(encodeFrame(kind, new Uint8Array(1332)));
      await eventually(() => heard.closed.length === 2);
      expect(heard.broken).toEqual([from === 'ann' ? 'bob' : 'ann']);
    }
  });

  it.each(['m1', 'm2', 'm3', 'envelope'] as const)(
    'takes nothing of a fresh handshake whose %s was altered',
    async (kind) => {
      const { network, heard, sessions } = await setUp();
      network.tamper = (frame) => {
        if (decodeFrame(frame)?.kind !== kind) return [frame];
        const altered = frame.slice();
        altered[altered.length - 1]! ^= 1;
        return [altered];
      };
      vi.advanceTimersByTime(HOUR);
      await eventually(() => heard.closed.length === 2);
      // Nobody has spoken in a fresh session but the responder, to say Finished.
      expect(new Set(sessions()).size).toBeLessThanOrEqual(1);
    },
  );

  it('shakes hands again no sooner than after half an hour', async () => {
    const { network, initiator, heard, count } = await setUp();
    vi.advanceTimersByTime(HOUR);
    await eventually(() => count('envelope') === 2);
    const [m1] = network.carried;
    // The same message, or any other, within the half hour.
    await initiator.link.write(m1!);
    await eventually(() => heard.closed.length === 2);
    expect(heard.broken).toEqual(['bob']);
  });
});
