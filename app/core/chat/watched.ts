/** Whom our server is asked about, and what for: one who lets us in by an invite is asked for with its ticket. */
import type { Contact } from './contacts.ts';
import type { Watched } from './server.ts';

/** The ticket of their invite, while they have not let us in. */
export function ticketOf({ status }: Contact): Watched['ticket'] {
  return status.kind === 'invited' && status.refusal === undefined ? status.keys.ticket : undefined;
}

/** Someone to be told about: nobody, if they are blocked, as they would hear of us in turn. */
export function watchedAs(contact: Contact): Watched[] {
  const { fingerprint, blocked } = contact;
  const ticket = ticketOf(contact);
  if (blocked) return [];
  return [ticket ? { fingerprint, ticket } : { fingerprint }];
}
