/** How two people are connected, in words. */
import type { Connection, ConnectionDetails } from '../core/chat/views.ts';
import { formatDuration } from './moments.ts';

export const CONNECTION_WORDS: Record<Connection, string> = {
  direct: 'Connected directly',
  relay: 'Connected through a relay',
  connecting: 'Connecting',
  away: 'Away',
};

/** What there is to know of an open link; `undefined` what cannot be told. */
export interface LinkFacts {
  readonly path: string;
  readonly protocol: string | undefined;
  readonly roundTrip: string | undefined;
  readonly connectedFor: string;
}

/** @param now - unix ms: an open link grows older. */
export function linkFacts(link: ConnectionDetails & { route: 'direct' | 'relay' }, now: number): LinkFacts {
  const { route, protocol, roundTrip, since } = link;
  return {
    path: route === 'direct' ? 'Direct, between your two devices' : 'Through the server’s relay',
    protocol: protocol?.toUpperCase(),
    roundTrip: roundTrip === undefined ? undefined : `${Math.max(1, Math.round(roundTrip))} ms`,
    connectedFor: formatDuration(now - since),
  };
}
