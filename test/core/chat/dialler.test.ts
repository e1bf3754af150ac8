/** Whom we dial and answer, with the server's part played by the test. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { Dialler } from '../../../app/core/chat/dialler.ts';
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

/** Ann's dialler for Bob, and offers of Bob's. */
async function setUp() {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const network = new MemoryNetwork();
  const dialler = new Dialler({
    means: { identity: ann, openLink: network.openLink, iceServers: () => [], now: Date.now },
    acquaintance: {
      fingerprint: bob.card.fingerprint,
      target: { kind: 'pinned', card: bob.card },
      newestCard: async (known) => known,
      reception: () => undefined,
      commit: async () => undefined,
    },
    send: () => undefined,
    onestablished: () => undefined,
    onturnedaway: () => undefined,
    onfailure: () => undefined,
  });
  const offer = async (): Promise<Bytes> => {
    const parties = { us: bob, them: ann.card.fingerprint };
    return (await sealSignal(parties, await dialPinned(parties, ann.card), { type: 'offer', text: '0' }))!;
  };
  const receive = (payload: Bytes) => dialler.receive(decodeSignal(payload)!);
  /** Lets so much time go by that she dials if she means to. */
  const later = async (): Promise<void> => {
    vi.advanceTimersByTime(4_000);
    await turns();
  };
  return { dialler, network, offer, receive, later };
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
