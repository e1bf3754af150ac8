/** What a logged-in client may ask of what is kept for people who are away: one function for each message. */
import type { Logger } from 'pino';
import type { Access, Party } from '../access.ts';
import { inviteIdOf, type Invites } from '../invites.ts';
import type { Limiter } from '../limiter.ts';
import type { Login } from '../login.ts';
import { outcome } from '../requests.ts';
import { openBundle } from '../wire/bundle.ts';
import { equal, toHex, type Bytes } from '../wire/bytes.ts';
import type { Card } from '../wire/card.ts';
import { sha256 } from '../wire/keys.ts';
import { CLOCK_TOLERANCE, MAX_BUNDLE_LIFETIME } from '../wire/limits.ts';
import type { Answer, ClientMessageOf, RefusalCode, StorageRequest } from '../wire/messages.ts';
import type { Backups } from './backups.ts';
import type { Bundles } from './bundles.ts';
import { isDiskTrouble } from './database.ts';
import type { Mailbox } from './mailbox.ts';
import type { Senders } from './senders.ts';

export interface StorageRequestParts {
  readonly access: Access;
  readonly invites: Invites;
  readonly mailbox: Mailbox;
  readonly senders: Senders;
  readonly bundles: Bundles;
  readonly backups: Backups;
  /** Prekeys by address, one-time keys by whose they are and who asks, bytes left by address. */
  readonly prekeys: Limiter;
  readonly oneTimeKeys: Limiter;
  readonly stored: Limiter;
  /** Whether what is kept in all leaves room for a little more. */
  readonly hasRoom: () => boolean;
  readonly now: () => number;
  /** Called when a parcel waits for somebody that did not before. */
  readonly onMail: (owner: Bytes) => void;
  readonly log: Logger;
}

/** Answers a request of someone logged in. A disk that does not take something is 'failed': nothing has changed. */
export async function answerStorageRequest(
  request: StorageRequest,
  login: Login,
  parts: StorageRequestParts,
): Promise<Answer> {
  try {
    return await answer(request, login, parts);
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    parts.log.error({ error: (error as Error).message }, 'storing failed');
    return outcome(request, 'failed');
  }
}

async function answer(request: StorageRequest, login: Login, parts: StorageRequestParts): Promise<Answer> {
  const { party, card, address } = login;
  const { ref } = request;
  if (request.type === 'deposit') return outcome(request, await deposit(request, login, parts));
  if (request.type === 'prekeys') return prekeys(request, party, address, parts);
  // A visitor of a private server has nothing here; a guest has.
  if (party.role === 'visitor') return outcome(request, 'not-allowed');
  switch (request.type) {
    case 'publish':
      return outcome(request, await publish(request, card, parts));
    case 'stock':
      return { type: 'stock', ref, ...parts.bundles.stock(party.fingerprint) };
    case 'collect':
      return { type: 'parcels', ref, ...parts.mailbox.collect(party.fingerprint, request.after) };
    case 'taken':
      parts.mailbox.remove(party.fingerprint, request.numbers);
      return outcome(request, undefined);
    case 'senders':
      return outcome(request, senders(request, party, parts));
    case 'backup':
      return outcome(request, backup(request, party, parts));
  }
}

/** By what somebody may leave parcels: the owner's list, or an invite of theirs that lets people knock. */
type Permission = { readonly invite: Bytes | undefined };

function permissionOf(
  party: Party,
  owner: Bytes,
  ticket: Bytes | undefined,
  { access, invites, senders }: StorageRequestParts,
): Permission | undefined {
  if (!access.mayReach(party, owner)) return undefined;
  if (senders.has(owner, party.fingerprint)) return { invite: undefined };
  const invite = ticket && invites.open(inviteIdOf(ticket));
  if (!invite?.knock || invite.hidden || !equal(invite.inviter, owner)) return undefined;
  if (invite.usedBy && !equal(invite.usedBy, party.fingerprint)) return undefined;
  return { invite: invite.id };
}

async function deposit(
  { to, parcel, ticket }: ClientMessageOf<'deposit'>,
  { party, address }: Login,
  parts: StorageRequestParts,
): Promise<RefusalCode | undefined> {
  const permission = permissionOf(party, to, ticket, parts);
  if (!permission) return 'not-allowed';
  if (!(await parts.stored.take(address, parcel.length))) return 'too-many';
  const { invite } = permission;
  const result = await parts.mailbox.deposit({ owner: to, sender: party.fingerprint, invite, parcel });
  if (result === 'stored') parts.onMail(to);
  return result === 'stored' || result === 'known' ? undefined : result;
}

/** Beyond a limit, the bundle comes without a one-time key: what is sealed for it alone is still sealed. */
async function prekeys(
  { ref, fingerprint, ticket }: ClientMessageOf<'prekeys'>,
  party: Party,
  address: string,
  parts: StorageRequestParts,
): Promise<Answer> {
  const permission = permissionOf(party, fingerprint, ticket, parts);
  if (!permission) return { type: 'refused', ref, code: 'not-allowed' };
  // Whoever comes by an invite may come under many names.
  const asker = permission.invite ?? party.fingerprint;
  const given =
    (await parts.prekeys.take(address)) && (await parts.oneTimeKeys.take(`${toHex(fingerprint)}:${toHex(asker)}`));
  const bundle = parts.bundles.find(fingerprint);
  if (!bundle) return { type: 'prekeys', ref, bundle: null, oneTime: null };
  return { type: 'prekeys', ref, bundle, oneTime: given ? parts.bundles.takeKey(fingerprint) : null };
}

async function publish(
  request: ClientMessageOf<'publish'>,
  card: Card,
  { bundles, hasRoom, now }: StorageRequestParts,
): Promise<RefusalCode | undefined> {
  const bundle = await openBundle(request.bundle, card.verifyKey);
  if (!bundle || !equal(bundle.fingerprint, card.fingerprint)) return 'bad-bundle';
  const moment = now();
  if (bundle.expiry <= moment || bundle.expiry > moment + MAX_BUNDLE_LIFETIME + CLOCK_TOLERANCE) return 'bad-bundle';
  const hashes = await Promise.all(request.keys.map(sha256));
  if (hashes.length !== bundle.oneTimeHashes.length) return 'bad-bundle';
  if (!hashes.every((hash, index) => equal(hash, bundle.oneTimeHashes[index]!))) return 'bad-bundle';
  if (!hasRoom()) return 'full';
  return bundles.publish(bundle, request.keys) ? undefined : 'bad-bundle';
}

function senders(
  { add, remove }: ClientMessageOf<'senders'>,
  party: Party,
  parts: StorageRequestParts,
): RefusalCode | undefined {
  if (add.length > 0 && !parts.hasRoom()) return 'full';
  return parts.senders.update(party.fingerprint, add, remove) ? undefined : 'too-many';
}

function backup(
  { id }: ClientMessageOf<'backup'>,
  party: Party,
  { backups, hasRoom }: StorageRequestParts,
): RefusalCode | undefined {
  // A place that is there takes no more room, and on a full server a backup may yet become smaller.
  if (!backups.has(id) && !hasRoom()) return 'full';
  return backups.bind(party.fingerprint, id) ? undefined : 'not-allowed';
}
