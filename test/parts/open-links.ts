/** Open links between two people who know each other, with the handshake done: as dials leave them. */
import { Dial, type Established } from '../../app/core/chat/dial.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import type { ProvenPeer } from '../../app/core/session/handshake.ts';
import { answerDial, decodeSignal, dialPinned, openSignal } from '../../app/core/session/signaling.ts';
import { identityOf } from './identities.ts';
import { MemoryNetwork } from './memory-link.ts';

export interface OpenLinks {
  readonly network: MemoryNetwork;
  readonly initiator: Established;
  readonly responder: Established;
}

/**
 * Two real dials over a network in memory; the first of the two dials.
 * @param commit - keeps what either has proved
 * @param asNow - what somebody has become, where keys or name change
 */
export async function openLinks(
  i: string,
  r: string,
  network = new MemoryNetwork(),
  commit: (peer: ProvenPeer) => Promise<void> = async () => undefined,
  asNow: (identity: Identity) => Identity = (identity) => identity,
): Promise<OpenLinks> {
  const [us, them] = [await identityOf(i), await identityOf(r)];
  const meansOf = (identity: Identity) => ({
    get identity() {
      return asNow(identity);
    },
    openLink: network.openLink,
    iceServers: () => [],
    now: Date.now,
  });
  const keys = await dialPinned({ us, them: them.card.fingerprint }, them.card);
  return new Promise((resolve, reject) => {
    let answering: Dial | undefined;
    const dialling: Dial = new Dial({
      means: meansOf(us),
      them: them.card.fingerprint,
      keys,
      psk: undefined,
      pinned: them.card,
      commit,
      send: (payload) => void take(payload).catch(reject),
    });
    const take = async (payload: Parameters<typeof decodeSignal>[0]) => {
      const sealed = decodeSignal(payload)!;
      if (answering) return answering.receive(sealed);
      const parties = { us: them, them: us.card.fingerprint };
      const theirKeys = (await answerDial(parties, sealed, undefined))!;
      const { signal } = (await openSignal(parties, theirKeys, sealed, us.card))!;
      answering = new Dial(
        {
          means: meansOf(them),
          them: us.card.fingerprint,
          keys: theirKeys,
          psk: undefined,
          pinned: us.card,
          commit,
          send: (answer) => dialling.receive(decodeSignal(answer)!),
        },
        signal,
      );
      const [initiator, responder] = await Promise.all([dialling.established, answering.established]);
      resolve({ network, initiator, responder });
    };
  });
}
