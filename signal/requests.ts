/** What a logged-in client may ask for: one function for each message that carries a `ref`, each giving its answer. */
import type { Access, Party } from './access.ts';
import type { Directory } from './directory.ts';
import type { Invites } from './invites.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import { openCard, type Card } from './wire/card.ts';
import { ACCEPT_LABEL, verify } from './wire/keys.ts';
import type { Answer, ClientMessageOf, RefusalCode, Request } from './wire/messages.ts';

export interface RequestParts {
  readonly access: Access;
  readonly directory: Directory;
  readonly invites: Invites;
  readonly now: () => number;
  /** Called when an inviter has accepted a guest. */
  readonly onAccepted: (guest: Bytes) => void;
  /** Called when an inviter has cancelled or hidden an invite. */
  readonly onCancelled: (inviter: Bytes) => void;
}

/** Answers a request of a party whose own card is `card`. */
export async function answerRequest(request: Request, party: Party, card: Card, parts: RequestParts): Promise<Answer> {
  switch (request.type) {
    case 'lookup':
      return lookup(request, party, parts);
    case 'register':
      return outcome(request, await register(request, party, parts));
    case 'invite':
      return outcome(request, invite(request, party, parts));
    case 'cancel':
      return outcome(request, cancel(request, party, parts));
    case 'hide':
      return outcome(request, hide(request, party, parts));
    case 'accept':
      return outcome(request, await accept(request, party, card, parts));
  }
}

function outcome({ ref }: Request, refusal: RefusalCode | undefined): Answer {
  return refusal ? { type: 'refused', ref, code: refusal } : { type: 'done', ref };
}

function lookup({ ref, fingerprint }: ClientMessageOf<'lookup'>, party: Party, parts: RequestParts): Answer {
  if (!parts.access.mayReach(party, fingerprint)) return { type: 'refused', ref, code: 'not-allowed' };
  return { type: 'card', ref, card: parts.directory.find(fingerprint) ?? null };
}

async function register(
  request: ClientMessageOf<'register'>,
  party: Party,
  parts: RequestParts,
): Promise<RefusalCode | undefined> {
  if (party.role === 'visitor') return 'not-allowed';
  const card = await openCard(request.card);
  if (!card) return 'bad-card';
  if (!equal(card.fingerprint, party.fingerprint)) return 'not-allowed';
  return parts.directory.store(card, parts.now()) ? undefined : 'bad-card';
}

function invite(
  { id, expiry, note }: ClientMessageOf<'invite'>,
  party: Party,
  { access, invites }: RequestParts,
): RefusalCode | undefined {
  if (!access.mayInvite(party.role)) return 'not-allowed';
  return invites.add(id, party.fingerprint, expiry, note);
}

function cancel(
  { id }: ClientMessageOf<'cancel'>,
  party: Party,
  { invites, onCancelled }: RequestParts,
): RefusalCode | undefined {
  if (!invites.cancel(id, party.fingerprint)) return 'not-found';
  onCancelled(party.fingerprint);
  return undefined;
}

function hide(
  { id }: ClientMessageOf<'hide'>,
  party: Party,
  { invites, onCancelled }: RequestParts,
): RefusalCode | undefined {
  if (!invites.hide(id, party.fingerprint)) return 'not-found';
  onCancelled(party.fingerprint);
  return undefined;
}

async function accept(
  { id, guest, signature }: ClientMessageOf<'accept'>,
  party: Party,
  card: Card,
  { access, onAccepted }: RequestParts,
): Promise<RefusalCode | undefined> {
  if (!access.mayInvite(party.role) || equal(guest, party.fingerprint)) return 'not-allowed';
  if (!(await verify(card.verifyKey, ACCEPT_LABEL, [id, party.fingerprint, guest], signature))) return 'bad-signature';
  const refusal = access.accept(guest, { invite: id, inviter: party.fingerprint, signature });
  if (!refusal) onAccepted(guest);
  return refusal;
}
