/** Both call each other at the same moment, in every order of arrival: there is one link, the same one for both. */
import { expect, it, vi } from 'vitest';
import { compare, toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { Dialler } from '../../app/core/chat/dialler.ts';
import type { Established } from '../../app/core/chat/dial.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { decodeSignal } from '../../app/core/session/signaling.ts';
import { identityOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';

/** Longer than the one with the higher fingerprint waits for the other's offer. */
const YIELD = 3_500;

/** One of the two, with what the server has for them and what came of their calls. */
class Caller {
  readonly dialler: Dialler;
  readonly incoming: Bytes[] = [];
  readonly established: Established[] = [];
  lookedUp: () => void = () => undefined;
  /** Whether it waits for the directory, about to dial. */
  asking = false;
  offers = 0;
  other: Caller | undefined;

  constructor(us: Identity, them: Identity, network: MemoryNetwork) {
    this.dialler = new Dialler({
      means: {
        identity: us,
        openLink: (options) => {
          if (options.initiator) this.offers++;
          return network.openLink(options);
        },
        iceServers: () => [],
        now: Date.now,
      },
      acquaintance: {
        fingerprint: them.card.fingerprint,
        target: { kind: 'pinned', card: them.card },
        newestCard: (known) => {
          this.asking = true;
          return new Promise((resolve) => (this.lookedUp = () => resolve(known)));
        },
        reception: () => undefined,
        commit: () => Promise.resolve(),
      },
      send: (payload) => this.other?.incoming.push(payload),
      onestablished: (established) => this.established.push(established),
      onturnedaway: () => undefined,
      onfailure: () => undefined,
    });
  }

  /** Takes the next payload that the server has for it. */
  async take(): Promise<void> {
    const payload = this.incoming.shift();
    const sealed = payload && decodeSignal(payload);
    if (sealed) await this.dialler.receive(sealed);
  }
}

/** Runs what is due now, without time going by, until a condition holds. */
async function settle(holds: () => boolean, step: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${holds.toString()}`);
    vi.advanceTimersByTime(0);
    await step();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Numbers in no order, but the same ones each time. */
function chance(seed: number): () => number {
  return () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

it('gives two who dial at once one link, 50 times (fault 5)', async () => {
  const both = [await identityOf('Ann'), await identityOf('Bob')] as const;
  const [lower, higher] = [...both].sort((a, b) => compare(a.card.fingerprint, b.card.fingerprint)) as [
    Identity,
    Identity,
  ];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    for (let round = 0; round < 50; round++) {
      const network = new MemoryNetwork();
      const [first, second] = [new Caller(lower, higher, network), new Caller(higher, lower, network)];
      [first.other, second.other] = [second, first];
      const random = chance(round + 1);
      for (const caller of [first, second]) caller.dialler.setPresence(true);
      vi.advanceTimersByTime(YIELD);
      await settle(() => first.asking && second.asking);
      for (const caller of [first, second]) caller.lookedUp();
      // Both offers are on their way before either arrives.
      await settle(() => first.incoming.length > 0 && second.incoming.length > 0);
      expect([first.offers, second.offers]).toEqual([1, 1]);
      const deliver = () => (random() < 0.5 ? first.take() : second.take());
      await settle(() => first.established.length > 0 && second.established.length > 0, deliver);
      await settle(() => first.incoming.length + second.incoming.length === 0, deliver);
      // Long after every time limit, this is still the one link that both have.
      vi.advanceTimersByTime(60_000);
      await settle(() => true);
      expect([first.established.length, second.established.length]).toEqual([1, 1]);
      const [atFirst, atSecond] = [first.established[0]!, second.established[0]!];
      expect(toHex(atFirst.session.id)).toBe(toHex(atSecond.session.id));
      await atFirst.link.write(Uint8Array.of(1, 2, 3));
      expect(await atSecond.link.read()).toEqual(Uint8Array.of(1, 2, 3));
      for (const caller of [first, second]) caller.dialler.close();
    }
  } finally {
    vi.useRealTimers();
  }
}, 60_000);
