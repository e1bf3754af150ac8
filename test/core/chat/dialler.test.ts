/** Whom we dial and answer, with the server's part played by the test. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compare, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { Dialler } from '../../../app/core/chat/dialler.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { decodeSignal, dialPinned, sealSignal } from '../../../app/core/session/signaling.ts';
import { identityOf } from '../../parts/identities.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything that was begun without a timer come to its end. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Ann's dialler for Bob, whose fingerprint is the higher one, and offers of Bob's. */
async function setUp() {
  const people = [await identityOf('Ann'), await identityOf('Bob')];
  const [ann, bob] = people.sort((a, b) => compare(a.card.fingerprint, b.card.fingerprint)) as [Identity, Identity];
  const network = new MemoryNetwork();
  const sent: Bytes[] = [];
  const dialler = new Dialler({
    means: { identity: ann, openLink: network.openLink, iceServers: () => [], now: Date.now },
    acquaintance: {
      fingerprint: bob.card.fingerprint,
      target: { kind: 'pinned', card: bob.card },
      newestCard: async (known) => known,
      reception: () => undefined,
      commit: async () => undefined,
    },
    send: (payload) => sent.push(payload),
    onestablished: () => undefined,
    onturnedaway: () => undefined,
    onfailure: () => undefined,
  });
  const offer = async (text = '0'): Promise<Bytes> => {
    const parties = { us: bob, them: ann.card.fingerprint };
    return (await sealSignal(parties, await dialPinned(parties, ann.card), { type: 'offer', text }))!;
  };
  const receive = (payload: Bytes) => dialler.receive(decodeSignal(payload)!);
  /** Lets so much time go by that she dials if she means to. */
  const later = async (time = 4_000): Promise<void> => {
    vi.advanceTimersByTime(time);
    await turns();
  };
  return { dialler, network, sent, offer, receive, later };
}

describe('an offer', () => {
  it('is answered once: one that comes again, later or at once, is an echo', async () => {
    const { network, offer, receive } = await setUp();
    const [one, other] = [await offer(), await offer()];
    await receive(one);
    await turns();
    expect(network.opened).toBe(1);
    for (const again of [one, one]) await receive(again);
    expect(network.opened).toBe(1);
    await receive(other);
    expect(network.opened).toBe(2);
    await receive(one);
    expect(network.opened).toBe(2);
  });
});

describe('an offer that crosses an own dial, which counts before it', () => {
  it('is not answered while the own one may be, and is when that has had no answer', async () => {
    const { dialler, network, sent, offer, receive, later } = await setUp();
    /** The dials that were answered. */
    const answered = () =>
      sent.map((payload) => decodeSignal(payload)!).flatMap((signal) => (signal.fromDialler ? [] : [signal.dialId]));
    const begun = performance.now();
    dialler.setPresence(true);
    await later(0);
    await vi.waitUntil(() => network.opened === 1);
    await later(0);
    await vi.waitUntil(() => sent.length === 1);
    let bobs = '';
    network.openLink({ initiator: true, iceServers: [], onsignal: ({ text }) => (bobs = text) });
    await later(1_000);
    const [older, newer] = [await offer(bobs), await offer(bobs)];
    for (const crossing of [older, newer]) await receive(crossing);
    expect(sent.map(toHex)).toEqual(Array.from({ length: 3 }, () => toHex(sent[0]!)));
    // Waiting for something moves this clock, too.
    await later(begun + 4_999 - performance.now());
    expect(answered()).toEqual([]);
    await later(5_000);
    await vi.waitUntil(() => answered().length > 0);
    expect(answered()).toEqual([decodeSignal(newer)!.dialId]);
  });
});

describe('a dial that found no path', () => {
  it('says so, unless they or the server went away meanwhile', async () => {
    const { dialler, network, later } = await setUp();
    for (const [meanwhile, failure] of [
      [[], 'no-path'],
      [[undefined, true], undefined],
      [[false, true], undefined],
      [[], 'no-path'],
    ] as const) {
      dialler.setPresence(true);
      const { opened } = network;
      await vi.waitUntil(async () => later().then(() => network.opened > opened));
      for (const present of meanwhile) dialler.setPresence(present);
      network.cut();
      await turns();
      expect(dialler.failure).toBe(failure);
    }
  });
});

describe('somebody on whose links the rules are broken', () => {
  it('is neither dialled nor answered after the third time in a minute, until they have been away', async () => {
    const { dialler, network, offer, receive, later } = await setUp();
    dialler.setPresence(true);
    expect([dialler.broken(), dialler.broken(), dialler.broken()]).toEqual([false, false, true]);
    await later();
    await receive(await offer());
    dialler.setPresence(true);
    await later();
    expect(network.opened).toBe(0);
    dialler.setPresence(false);
    dialler.setPresence(true);
    await later();
    await vi.waitUntil(() => network.opened === 1);
  });

  it('is given another chance if that was long ago', async () => {
    const { dialler } = await setUp();
    expect([dialler.broken(), dialler.broken()]).toEqual([false, false]);
    vi.advanceTimersByTime(60_000);
    expect([dialler.broken(), dialler.broken(), dialler.broken()]).toEqual([false, false, true]);
  });
});
