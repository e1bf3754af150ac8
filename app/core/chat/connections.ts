/** How each conversation is connected, or why it is not: what the connection panel tells. No address is in it. */
import type { Sentence } from '../base/sentence.ts';
import type { Contacts } from './contacts.ts';
import type { Roster } from './roster.ts';
import type { Server } from './server.ts';
import { AWAY, BLOCKED, DIALLING, noLink, SERVER_AWAY } from './trouble.ts';
import type { ConnectionDetails } from './views.ts';

export interface ConnectionsParts {
  readonly contacts: Pick<Contacts, 'get'>;
  readonly roster: Pick<Roster, 'get' | 'failure' | 'presence' | 'trouble'>;
  readonly server: Pick<Server, 'state' | 'iceServers'>;
}

export class Connections {
  readonly #parts: ConnectionsParts;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
  }

  /** @param id - the conversation. Never rejects. */
  async describe(id: string): Promise<ConnectionDetails> {
    const peer = this.#parts.roster.get(id);
    const open = await peer?.path();
    const route = peer?.route;
    // The link may have closed while it was asked.
    if (!open || !route) return { route: undefined, why: this.#why(id) };
    const { path, since } = open;
    return { route: path?.route ?? route, protocol: path?.protocol, roundTrip: path?.roundTrip, since };
  }

  /** What lets no link be made though both are here, in a sentence, once it has been tried. */
  obstacle(id: string): Sentence | undefined {
    const { roster, server } = this.#parts;
    const failure = roster.failure(id);
    const isHere = server.state === 'connected' && roster.presence(id) === true;
    return isHere && (failure === 'no-path' || failure === 'relay-refused')
      ? noLink(failure, this.#hasRelay)
      : undefined;
  }

  #why(id: string): Sentence {
    const { contacts, roster, server } = this.#parts;
    if (contacts.get(id)?.blocked) return BLOCKED;
    if (server.state !== 'connected') return SERVER_AWAY;
    if (roster.presence(id) === false) return AWAY;
    const trouble = roster.trouble(id);
    const failure = roster.failure(id);
    return trouble ?? (failure === undefined ? DIALLING : noLink(failure, this.#hasRelay));
  }

  get #hasRelay(): boolean {
    return this.#parts.server.iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));
  }
}
