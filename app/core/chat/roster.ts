/**
 * Everyone we are, or are about to be, in conversation with: a peer for each contact, and for each stranger who holds an
 * invite of ours, until the handshake has made them a contact.
 */
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { supersedes, type Card } from '../../../signal/wire/card.ts';
import type { IceServer } from '../../../signal/wire/messages.ts';
import { LinkError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import type { Identity } from '../identity/identity.ts';
import { inviteKeys, type InviteKeys } from '../identity/invite.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import { conversationOf } from '../log/entry.ts';
import { Log } from '../log/log.ts';
import type { ProvenPeer } from '../session/handshake.ts';
import { decodeSignal } from '../session/signaling.ts';
import type { OpenLink } from '../transport/link.ts';
import { Connection, type DialTarget, type Reception } from './connection.ts';
import type { Contact, Contacts, Refusal } from './contacts.ts';
import { InviteRefused } from './dial.ts';
import { verdict, type InviteBook, type OwnInvite } from './invite-book.ts';
import { Peer } from './peer.ts';
import { OTHER_VERSION, REFUSED_INVITE, storageError, TURNED_AWAY } from './trouble.ts';

/** Strangers answered at once; each holds an invite of ours. */
const MAX_STRANGERS = 16;

export interface RosterParts {
  readonly identity: Identity;
  readonly vault: Vault;
  readonly store: Store;
  readonly contacts: Contacts;
  readonly invites: InviteBook;
  readonly openLink: OpenLink;
  readonly now: () => number;
  readonly iceServers: () => readonly IceServer[];
  /** Sends a signaling payload through our server. */
  readonly sendSignal: (to: Bytes, payload: Bytes) => void;
  readonly lookUp: (fingerprint: Bytes) => Promise<Card | undefined>;
  /** Someone new is a contact, by this invite of ours. */
  readonly onjoined: (contact: Contact, own: OwnInvite) => void;
  /** Something to tell the person that belongs to no conversation. */
  readonly onnotice: (text: string) => void;
  readonly onchange: () => void;
}

export class Roster {
  readonly #parts: RosterParts;
  readonly #peers = new Map<string, Peer>();
  readonly #heldInvites = new Map<string, InviteKeys>();
  readonly #arrivals = new Serial();
  readonly #commits = new Serial();

  constructor(parts: RosterParts) {
    this.#parts = parts;
  }

  get(id: string): Peer | undefined {
    return this.#peers.get(id);
  }

  all(): Peer[] {
    return [...this.#peers.values()];
  }

  /** The keys of the invite by which we call this contact, if we still do. */
  heldInvite(id: string): InviteKeys | undefined {
    const status = this.#parts.contacts.get(id)?.status;
    return status?.kind === 'invited' && status.refusal === 'none' ? this.#heldInvites.get(id) : undefined;
  }

  /** Opens the conversation with a contact, or with a stranger. @throws DamagedRecord */
  async add(fingerprint: Bytes): Promise<Peer> {
    const id = toHex(fingerprint);
    const { identity, vault, store, contacts, now, onchange } = this.#parts;
    const status = contacts.get(id)?.status;
    if (status?.kind === 'invited') this.#heldInvites.set(id, await inviteKeys(status.invite));
    const known = this.#peers.get(id);
    if (known) return known;
    const us = identity.card.fingerprint;
    const conversation = { id: await conversationOf(us, fingerprint), us, them: fingerprint };
    const log = await Log.open(store, await hiddenName(vault, conversation.id), conversation);
    const peer = await Peer.open({ identity, log, now, onchange });
    peer.connection = this.#connect(fingerprint, peer);
    this.#peers.set(id, peer);
    return peer;
  }

  /** Takes an invite back; whoever is just coming in by it is either in already, or too late. */
  cancel(own: OwnInvite): Promise<void> {
    return this.#commits.run(async () => {
      const { invites } = this.#parts;
      if (invites.get(own.id)?.status.kind === 'live') await invites.put({ ...own, status: { kind: 'cancelled' } });
    });
  }

  setPresence(fingerprint: Bytes, present: boolean): void {
    const peer = this.#peers.get(toHex(fingerprint));
    peer?.connection.setPresence(present);
    if (!present) peer?.probe();
    this.#parts.onchange();
  }

  /** Our server cannot be asked who is here. */
  forgetPresence(): void {
    for (const peer of this.#peers.values()) peer.connection.setPresence(undefined);
  }

  /** Takes an untrusted signaling payload. Only contacts, and those who hold an invite of ours, are heard. */
  receiveSignal(from: Bytes, payload: Bytes): Promise<void> {
    return this.#arrivals.run(async () => {
      const sealed = decodeSignal(payload);
      if (!sealed || equal(from, this.#parts.identity.card.fingerprint)) return;
      let peer = this.#peers.get(toHex(from));
      if (!peer && sealed.mode.mode === 'invite' && this.#parts.invites.get(toHex(sealed.mode.inviteId))) {
        this.#forgetStrangers();
        if (this.#strangers().length < MAX_STRANGERS) peer = await this.add(from);
      }
      await peer?.connection.receive(sealed);
    });
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
  }

  #strangers(): [string, Peer][] {
    return [...this.#peers].filter(([id]) => !this.#parts.contacts.get(id));
  }

  /** Those who came to nothing make room. */
  #forgetStrangers(): void {
    for (const [id, peer] of this.#strangers()) {
      if (!peer.connection.busy) this.#peers.delete(id);
    }
  }

  #connect(fingerprint: Bytes, peer: Peer): Connection {
    const id = toHex(fingerprint);
    const { identity, openLink, iceServers, sendSignal, now, lookUp } = this.#parts;
    return new Connection({
      identity,
      them: fingerprint,
      openLink,
      iceServers,
      now,
      send: (payload) => sendSignal(fingerprint, payload),
      target: () => this.#target(id),
      lookUp: async () => this.#newestCard(id, await lookUp(fingerprint)),
      reception: (inviteId) => this.#reception(inviteId, fingerprint),
      // One at a time: of two who come by the same invite, the second must find it spent.
      commit: (proven, inviteId) => this.#commits.run(() => this.#commit(proven, inviteId)),
      onestablished: (established) => peer.adopt(established),
      onturnedaway: (refusal) => this.#parts.onnotice(TURNED_AWAY[refusal]),
      onfailure: (reason) => void this.#onfailure(id, peer, reason),
    });
  }

  #target(id: string): DialTarget | undefined {
    const status = this.#parts.contacts.get(id)?.status;
    if (status?.kind === 'pinned') return { kind: 'pinned', card: status.card };
    const keys = this.heldInvite(id);
    return keys && { kind: 'invite', keys };
  }

  #newestCard(id: string, found: Card | undefined): Card | undefined {
    const status = this.#parts.contacts.get(id)?.status;
    return found && status?.kind === 'pinned' && supersedes(found, status.card) ? found : undefined;
  }

  #reception(inviteId: string, joiner: Bytes): Reception | undefined {
    const own = this.#parts.invites.get(inviteId);
    return own && { verdict: verdict(own, joiner, this.#parts.now()), keys: own.keys };
  }

  /** Pins whom a handshake proved, and spends the invite they came by, in one transaction. */
  async #commit({ card, name }: ProvenPeer, inviteId: string | undefined): Promise<void> {
    const { contacts, invites, store, now } = this.#parts;
    const id = toHex(card.fingerprint);
    const own = inviteId === undefined ? undefined : invites.get(inviteId);
    // Someone else may have come by the same invite while this handshake ran, or it was cancelled.
    if (own && verdict(own, card.fingerprint, now()) !== 'welcome') throw new LinkError('closed');
    const added = contacts.get(id)?.added ?? now();
    const contact: Contact = { id, fingerprint: card.fingerprint, name, added, status: { kind: 'pinned', card } };
    const spent = own?.status.kind === 'live' && { ...own, status: spentBy(card.fingerprint) };
    const changes = [await contacts.change(contact)];
    if (spent) changes.push(await invites.change(spent));
    await store.write(new Map(changes));
    contacts.keep(contact);
    this.#heldInvites.delete(id);
    if (spent) {
      invites.keep(spent);
      this.#parts.onjoined(contact, spent);
    }
    this.#parts.onchange();
  }

  async #onfailure(id: string, peer: Peer, reason: unknown): Promise<void> {
    const { contacts } = this.#parts;
    const contact = contacts.get(id);
    if (reason instanceof InviteRefused) {
      if (contact?.status.kind !== 'invited') return;
      await contacts.put({ ...contact, status: { ...contact.status, refusal: reason.refusal } });
      this.#parts.onchange();
    } else if (!(reason instanceof LinkError)) {
      peer.trouble = storageError(reason).message;
    } else if (reason.code === 'version') {
      peer.trouble = OTHER_VERSION;
    }
  }
}

function spentBy(by: Bytes) {
  return { kind: 'spent', by, told: false } as const;
}

/** Why a contact's invite leads nowhere, in one sentence. */
export function refusalOf(contact: Contact): string | undefined {
  const refusal: Refusal = contact.status.kind === 'invited' ? contact.status.refusal : 'none';
  return refusal === 'none' ? undefined : REFUSED_INVITE[refusal];
}
