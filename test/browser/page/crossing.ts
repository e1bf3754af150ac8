/**
 * One of two people who dial each other over real links, many times at once. Runs inside a page; what would go through the
 * server waits in here until the test fetches it, and comes when the test brings it.
 */
import { fromBase64Url, toBase64Url, toHex } from '../../../signal/wire/bytes.ts';
import { Dialler } from '../../../app/core/chat/dialler.ts';
import type { Established } from '../../../app/core/chat/dial.ts';
import { openIdentity } from '../../../app/core/identity/identity.ts';
import { decodeSignal } from '../../../app/core/session/signaling.ts';
import { openPeerLink } from '../../../app/platform/webrtc/peer-link.ts';

/** One of the times that they dial each other. */
interface Round {
  readonly dialler: Dialler;
  readonly established: Established[];
  /** Links that this side opened for it, and that are not closed. */
  open: number;
  offered: boolean;
}

const rounds = new Map<number, Round>();
let outgoing: [round: number, payload: string][] = [];

/** Dials the other, so many times, each for itself. */
async function begin(us: string, them: string, numbers: readonly number[]): Promise<void> {
  const [ours, theirs] = await Promise.all([us, them].map((record) => openIdentity(fromBase64Url(record)!)));
  for (const number of numbers) {
    const established: Established[] = [];
    const dialler = new Dialler({
      means: {
        identity: ours!,
        openLink: (options) => {
          const link = openPeerLink(options);
          round.open++;
          if (options.initiator) round.offered = true;
          void link.closed.then(() => round.open--);
          return link;
        },
        iceServers: () => [],
        now: Date.now,
      },
      acquaintance: {
        fingerprint: theirs!.card.fingerprint,
        target: { kind: 'pinned', card: theirs!.card },
        newestCard: (known) => Promise.resolve(known),
        reception: () => undefined,
        commit: () => Promise.resolve(),
      },
      send: (payload) => outgoing.push([number, toBase64Url(payload)]),
      onestablished: (one) => established.push(one),
      onturnedaway: () => undefined,
      onfailure: () => undefined,
    });
    const round: Round = { dialler, established, open: 0, offered: false };
    rounds.set(number, round);
    dialler.setPresence(true);
  }
}

Object.assign(window, {
  crossing: {
    begin,
    /** What is to go to the other since this was last asked. */
    fetch: () => outgoing.splice(0),
    /** Brings what the other sent. */
    bring(payloads: readonly [number, string][]): void {
      for (const [number, payload] of payloads) {
        const sealed = decodeSignal(fromBase64Url(payload)!);
        if (sealed) void rounds.get(number)?.dialler.receive(sealed);
      }
    },
    /** How it stands with each: whether this side dialled, its open links, and the sessions they led to. */
    stand: () =>
      [...rounds].map(([number, { offered, open, established }]) => ({
        number,
        offered,
        open,
        sessions: established.map(({ session }) => toHex(session.id)),
      })),
    /** Ends what was begun. */
    end(): void {
      for (const { dialler, established } of rounds.values()) {
        dialler.close();
        for (const { link } of established) link.close();
      }
      rounds.clear();
      outgoing = [];
    },
  },
});
