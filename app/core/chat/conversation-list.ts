/** What the interface sees of each conversation, made anew from what is known of the person, the log and the link. */
import type { Connections } from './connections.ts';
import type { Contact, Contacts } from './contacts.ts';
import type { Handles } from './handles.ts';
import type { HeldInvites } from './held-invites.ts';
import type { Roster } from './roster.ts';
import type { Server } from './server.ts';
import type { Namesake, Verification } from './verification.ts';
import type { Connection, ConversationView } from './views.ts';

export interface ConversationListParts {
  readonly contacts: Contacts;
  readonly roster: Roster;
  readonly server: Server;
  readonly verification: Verification;
  readonly handles: Handles;
  readonly held: HeldInvites;
  readonly connections: Connections;
}

export class ConversationList {
  readonly #parts: ConversationListParts;

  constructor(parts: ConversationListParts) {
    this.#parts = parts;
  }

  /** Newest activity first. */
  all(): readonly ConversationView[] {
    const { contacts, verification } = this.#parts;
    const namesakes = verification.namesakes();
    return contacts
      .all()
      .map((contact) => this.#view(contact, namesakes.get(contact.id)))
      .sort((a, b) => b.time - a.time);
  }

  #view(contact: Contact, namesake: Namesake | undefined): ConversationView {
    const { roster, held, handles, connections } = this.#parts;
    const { id, name, status, added, verified, blocked } = contact;
    const peer = roster.get(id);
    const state = peer?.log.state;
    return {
      id,
      name,
      connection: blocked ? 'away' : this.#connectionWith(id),
      invited: status.kind === 'invited' && !status.card,
      refused: status.kind === 'invited' && status.refusal !== undefined,
      blocked,
      verified,
      namesake: namesake?.sentence,
      held: namesake?.held ?? false,
      unread: state?.unread ?? 0,
      preview: state?.preview ?? '',
      time: state?.time || added,
      trouble: held.trouble(contact) ?? roster.trouble(id) ?? (blocked ? undefined : connections.obstacle(id)),
      note: handles.noteFor(id),
    };
  }

  #connectionWith(id: string): Connection {
    const { roster, server } = this.#parts;
    const route = roster.get(id)?.route;
    if (route) return route;
    return server.state === 'connected' && roster.presence(id) === false ? 'away' : 'connecting';
  }
}
