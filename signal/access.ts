/**
 * Who may do what. On an open server, everyone may do everything. On a private one (ACCESS_TOKEN is set), owners have
 * shown the token, guests have been let in by an invite's maker, and visitors hold an invite that has neither expired nor
 * been cancelled: they reach its maker, who has the last word, and nobody else.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { inviteIdOf, type Invites } from './invites.ts';
import type { Acceptance, Members } from './members.ts';
import type { Sqlite } from './sqlite.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import type { RefusalCode, Role } from './wire/messages.ts';

/** Someone who has logged in, as far as permissions go. */
export interface Party {
  readonly fingerprint: Bytes;
  readonly role: Role;
  /** Ids of the invites whose tickets were shown at login; none unless a visitor. */
  readonly invites: readonly Bytes[];
}

export interface AccessParts {
  readonly accessToken: string | undefined;
  readonly guestInvites: boolean;
  readonly sqlite: Sqlite;
  readonly members: Members;
  readonly invites: Invites;
}

/** Tokens are compared by their hashes, so that neither content nor length shows in the time it takes. */
function hashText(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export class Access {
  readonly kind: 'open' | 'private';
  readonly #tokenHash: Buffer | undefined;
  readonly #guestInvites: boolean;
  readonly #members: Members;
  readonly #invites: Invites;
  readonly #accept: (guest: Bytes, acceptance: Acceptance) => RefusalCode | undefined;

  constructor({ accessToken, guestInvites, sqlite, members, invites }: AccessParts) {
    this.kind = accessToken === undefined ? 'open' : 'private';
    this.#tokenHash = accessToken === undefined ? undefined : hashText(accessToken);
    this.#guestInvites = guestInvites;
    this.#members = members;
    this.#invites = invites;
    // One transaction: an invite is never spent without its guest becoming a member.
    this.#accept = sqlite.transaction((guest: Bytes, acceptance: Acceptance) => {
      const refusal = invites.spend(acceptance.invite, acceptance.inviter, guest, acceptance.signature);
      if (!refusal && this.kind === 'private') members.addGuest(guest, acceptance);
      return refusal;
    });
  }

  /** Whether this is the private server's token; on an open server nothing is. */
  isToken(token: string): boolean {
    return this.#tokenHash !== undefined && timingSafeEqual(hashText(token), this.#tokenHash);
  }

  /**
   * Decides what a verified identity may be, changing nothing.
   * @returns `undefined` for one who may not enter.
   */
  admit(fingerprint: Bytes, token: string | undefined, tickets: readonly Bytes[]): Party | undefined {
    if (this.kind === 'open') return { fingerprint, role: 'anyone', invites: [] };
    if (token !== undefined && this.isToken(token)) return { fingerprint, role: 'owner', invites: [] };
    const role = this.#members.roleOf(fingerprint);
    if (role) return { fingerprint, role, invites: [] };
    const invites = tickets.map(inviteIdOf).filter((id) => this.#invites.open(id));
    return invites.length > 0 ? { fingerprint, role: 'visitor', invites } : undefined;
  }

  /** Makes an admission durable: an owner comes back by signature alone, even after the token has changed. */
  enroll(party: Party): void {
    if (party.role === 'owner') this.#members.addOwner(party.fingerprint);
  }

  mayInvite(role: Role): boolean {
    return role === 'owner' || role === 'anyone' || (role === 'guest' && this.#guestInvites);
  }

  /** Whether one of the visitor's invites is by this inviter and still live. */
  #visits(visitor: Party, inviter: Bytes): boolean {
    return visitor.invites.some((id) => {
      const invite = this.#invites.open(id);
      return invite !== undefined && equal(invite.inviter, inviter);
    });
  }

  /** Whether a party may look up or watch someone: a visitor, only whoever invited them. */
  mayReach(party: Party, peer: Bytes): boolean {
    return party.role !== 'visitor' || this.#visits(party, peer);
  }

  /** Whether a party may signal another: a visitor is reached only by whoever invited them, too. */
  maySignal(from: Party, to: Party): boolean {
    return this.mayReach(from, to.fingerprint) && this.mayReach(to, from.fingerprint);
  }

  /** Whether a ticket, alone, opens the card of this inviter: its invite is theirs and live. */
  ticketOpens(ticket: Bytes, inviter: Bytes): boolean {
    const invite = this.#invites.open(inviteIdOf(ticket));
    return invite !== undefined && equal(invite.inviter, inviter);
  }

  /**
   * Durably spends an invite on a guest, who becomes a member of a private server. The caller has verified the
   * inviter's signature.
   * @returns why not, as `Invites.spend`.
   */
  accept(guest: Bytes, acceptance: Acceptance): RefusalCode | undefined {
    return this.#accept(guest, acceptance);
  }
}
