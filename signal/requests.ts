/** What a logged-in client may ask for: one function for each message that carries a `ref`, each giving its answer. */
import type { Access, Party } from './access.ts';
import type { Directory } from './directory.ts';
import type { Handles } from './handles.ts';
import type { Invites } from './invites.ts';
import type { Limiter } from './limiter.ts';
import type { Login } from './login.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import { openCard, type Card } from './wire/card.ts';
import { verifyClaim } from './wire/handle.ts';
import { ACCEPT_LABEL, verify } from './wire/keys.ts';
import { CLOCK_TOLERANCE } from './wire/limits.ts';
import type { Answer, ClientMessageOf, OrdinaryRequest, RefusalCode } from './wire/messages.ts';

export interface RequestParts {
  readonly access: Access;
  readonly directory: Directory;
  readonly invites: Invites;
  readonly handles: Handles;
  /** Claims and look-ups of handles, by address. */
  readonly claims: Limiter;
  readonly finds: Limiter;
  readonly now: () => number;
  /** Called when an inviter has accepted a guest. */
  readonly onAccepted: (guest: Bytes) => void;
  /** Called when an inviter has cancelled or hidden an invite. */
  readonly onWithdrawn: (inviter: Bytes) => void;
}

/** Answers a request of someone logged in. */
export async function answerRequest(request: OrdinaryRequest, login: Login, parts: RequestParts): Promise<Answer> {
  const { party, card } = login;
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
    case 'claim':
      return outcome(request, await claim(request, login, parts));
    case 'release':
      return outcome(request, release(request, party, parts));
    case 'find':
      return find(request, login, parts);
  }
}

/** The answer to a request that is carried out or refused. */
export function outcome({ ref }: { readonly ref: number }, refusal: RefusalCode | undefined): Answer {
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
  { id, expiry, note, knock = false }: ClientMessageOf<'invite'>,
  party: Party,
  { access, invites }: RequestParts,
): RefusalCode | undefined {
  if (!access.mayInvite(party.role)) return 'not-allowed';
  return invites.add(id, party.fingerprint, expiry, note, knock);
}

function cancel(
  { id }: ClientMessageOf<'cancel'>,
  party: Party,
  { invites, onWithdrawn }: RequestParts,
): RefusalCode | undefined {
  if (!invites.cancel(id, party.fingerprint)) return 'not-found';
  onWithdrawn(party.fingerprint);
  return undefined;
}

function hide(
  { id }: ClientMessageOf<'hide'>,
  party: Party,
  { invites, onWithdrawn }: RequestParts,
): RefusalCode | undefined {
  if (!invites.hide(id, party.fingerprint)) return 'not-found';
  onWithdrawn(party.fingerprint);
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

async function claim(
  { handle, time, signature }: ClientMessageOf<'claim'>,
  { party, card, origin, address }: Login,
  { handles, claims, now }: RequestParts,
): Promise<RefusalCode | undefined> {
  if (party.role === 'visitor') return 'not-allowed';
  if (!(await claims.take(address))) return 'too-many';
  if (Math.abs(time - now()) > CLOCK_TOLERANCE) return 'expired';
  const fields = { origin, handle, fingerprint: card.fingerprint, time };
  if (!(await verifyClaim(fields, card.verifyKey, signature))) return 'bad-signature';
  return handles.claim({ ...fields, signature }) ? undefined : 'taken';
}

/** Nothing is signed: who may give up a handle, the login has proven; and nobody else is to be convinced of it. */
function release(
  { handle }: ClientMessageOf<'release'>,
  party: Party,
  { handles }: RequestParts,
): RefusalCode | undefined {
  return handles.release(handle, party.fingerprint) ? undefined : 'not-found';
}

/** A claim is shown to whoever dialled the origin it was signed for: to others it would not verify. */
async function find(
  { ref, handle }: ClientMessageOf<'find'>,
  { party, origin, address }: Login,
  { directory, handles, finds }: RequestParts,
): Promise<Answer> {
  if (party.role === 'visitor') return { type: 'refused', ref, code: 'not-allowed' };
  if (!(await finds.take(address))) return { type: 'refused', ref, code: 'too-many' };
  const claim = handles.find(handle);
  const card = claim?.origin === origin ? directory.find(claim.fingerprint) : undefined;
  if (!claim || !card) return { type: 'handle', ref, claim: null };
  return { type: 'handle', ref, claim: { card, time: claim.time, signature: claim.signature } };
}
