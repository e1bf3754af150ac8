/**
 * The conductor: it joins a profile's records, our server and the links to people into conversations, and is all that an
 * interface talks to. Views read; everything a person does is a method here.
 */
import { toHex } from '../../../signal/wire/bytes.ts';
import { ChatError, ServerError } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import type { Store } from '../base/store.ts';
import type { Identity } from '../identity/identity.ts';
import { createInvite, inviteLink, type Invite } from '../identity/invite.ts';
import type { Vault } from '../identity/vault.ts';
import type { OpenLink } from '../transport/link.ts';
import type { SignalState } from '../transport/signal-client.ts';
import { Contacts, type Contact } from './contacts.ts';
import { InviteBook, ownInvite } from './invite-book.ts';
import type { Peer } from './peer.ts';
import { previewInvite } from './preview.ts';
import { refusalOf, Roster } from './roster.ts';
import { Server, type Watched } from './server.ts';
import { LogThread } from './thread.ts';
import { DEAD_INVITE, inviteError, SERVER_TROUBLE } from './trouble.ts';
import type { Connection, ConversationView, InviteView, Notice, ServerState, Thread } from './views.ts';

const MAX_NOTICES = 5;

/** What a chat runs on. */
export interface ChatParts {
  readonly identity: Identity;
  readonly vault: Vault;
  /** The profile's records, sealed. */
  readonly store: Store;
  /** Our server, as the origin that we dial and that invites name. */
  readonly origin: string;
  readonly openSocket: () => WebSocket;
  readonly openLink: OpenLink;
  readonly now: () => number;
}

export class Chat {
  /** Told the conversation and the invite, each time someone we invited has come in. */
  onjoined: ((conversation: string, invite: string) => void) | undefined;
  readonly #parts: ChatParts;
  readonly #contacts: Contacts;
  readonly #invites: InviteBook;
  readonly #roster: Roster;
  readonly #server: Server;
  readonly #listeners = new Listeners();
  /** What the server says of invites that we hold. */
  readonly #inviteTrouble = new Map<string, string>();
  #notices: readonly Notice[] = [];
  #nextNotice = 1;
  #changed = false;

  private constructor(parts: ChatParts, contacts: Contacts, invites: InviteBook) {
    this.#parts = parts;
    this.#contacts = contacts;
    this.#invites = invites;
    const { identity, origin, openSocket, now } = parts;
    this.#server = new Server({
      identity,
      origin,
      openSocket,
      now,
      tickets: () => this.#contacts.all().flatMap(({ id }) => this.#roster.heldInvite(id)?.ticket ?? []),
      onstate: (state) => this.#onserver(state),
      onpresence: (fingerprint, present) => this.#roster.setPresence(fingerprint, present),
      onsignal: (from, payload) => void this.#roster.receiveSignal(from, payload),
    });
    this.#roster = new Roster({
      ...parts,
      contacts,
      invites,
      iceServers: () => this.#server.iceServers,
      sendSignal: (to, payload) => this.#server.sendSignal(to, payload),
      lookUp: (fingerprint) => this.#server.lookUp(fingerprint),
      onjoined: (contact, own) => {
        this.#server.watch([{ fingerprint: contact.fingerprint }]);
        void this.#vouch();
        this.onjoined?.(contact.id, own.id);
      },
      onnotice: (text) => this.#notify(text),
      onchange: () => this.#change(),
    });
  }

  /** Opens a profile's conversations from its records; nothing is sent before `connect`. @throws DamagedRecord */
  static async open(parts: ChatParts): Promise<Chat> {
    const { store, vault, origin, identity } = parts;
    const contacts = await Contacts.open(store, vault, origin);
    const invites = await InviteBook.open(store, vault, origin, identity.card.fingerprint, parts.now());
    const chat = new Chat(parts, contacts, invites);
    for (const contact of contacts.all()) await chat.#roster.add(contact.fingerprint);
    return chat;
  }

  get name(): string {
    return this.#parts.identity.name;
  }

  /** Our fingerprint, 64 hexadecimal digits. */
  get fingerprint(): string {
    return toHex(this.#parts.identity.card.fingerprint);
  }

  get server(): ServerState {
    return this.#server.state;
  }

  get mayInvite(): boolean {
    return this.#server.mayInvite;
  }

  /** Newest activity first. */
  get conversations(): readonly ConversationView[] {
    return this.#contacts
      .all()
      .map((contact) => this.#view(contact))
      .sort((a, b) => b.time - a.time);
  }

  /** The invites of ours that somebody may still come in by. */
  get invites(): readonly InviteView[] {
    return this.#invites.pending(this.#parts.now());
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  /** Calls back, at most once a turn, after any of the above has changed. @returns the way to stop. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  dismiss(id: number): void {
    this.#notices = this.#notices.filter((notice) => notice.id !== id);
    this.#change();
  }

  /** Signs in to our server, and comes back to it whenever it is lost. @param token - makes us an owner of it. */
  connect(token?: string): void {
    this.#server.connect(token);
  }

  /** Tries the server again at once, if it is being waited for. */
  hurry(): void {
    this.#server.hurry();
  }

  /** Opens a window on a conversation. @throws ChatError */
  thread(conversation: string): Promise<Thread> {
    return LogThread.open(this.#peer(conversation));
  }

  /** Resolves once the message is durable here; it is then on its way by itself. @throws ChatError */
  async send(conversation: string, text: string): Promise<void> {
    await this.#peer(conversation).send({ kind: 'text', text });
  }

  /** All of a conversation so far was shown in a visible, focused window. */
  async markRead(conversation: string): Promise<void> {
    await this.#peer(conversation).log.markRead();
  }

  /** Makes an invite for one person, known to our server before it is shown. @throws ChatError */
  async createInvite(): Promise<InviteView> {
    const { origin, identity, now } = this.#parts;
    const own = await ownInvite(createInvite(origin, identity.card.fingerprint, now()));
    try {
      await this.#server.announce(own, this.name);
    } catch (error) {
      throw error instanceof ServerError ? inviteError(error.code) : error;
    }
    await this.#invites.put(own);
    this.#change();
    return { id: own.id, link: inviteLink(own.invite), expiry: own.invite.expiry };
  }

  /** Nobody comes in by it any more, whether our server can be told now or not. */
  async cancelInvite(id: string): Promise<void> {
    const own = this.#invites.get(id);
    if (own?.status.kind !== 'live') return;
    await this.#roster.cancel(own);
    this.#change();
    await this.#server.withdraw(own.keys);
  }

  /**
   * Takes up an invite: from now on we call its maker until we are let in. Someone we know already is just found.
   * @param name - the inviter's, as far as it is known. @returns the conversation. @throws ChatError
   */
  async join(invite: Invite, name?: string): Promise<string> {
    const { origin, now } = this.#parts;
    const id = invite.inviter;
    if (invite.origin !== origin) {
      throw new ChatError(
        'other-server',
        `This invite belongs to ${invite.origin}. Open the link in a tab of its own.`,
      );
    }
    if (id === this.fingerprint) throw new ChatError('own-invite', 'This is your own invite. Send it to someone else.');
    if (this.#contacts.get(id)?.status.kind === 'pinned') return id;
    const contact: Contact = {
      id,
      fingerprint: invite.fingerprint,
      name: name ?? `Someone ${id.slice(0, 4)}`,
      added: now(),
      status: { kind: 'invited', invite, refusal: 'none' },
    };
    await this.#contacts.put(contact);
    await this.#roster.add(contact.fingerprint);
    this.#change();
    // A private server lets a visitor in by the tickets shown at login, so one more ticket wants a new login.
    if (this.#server.state === 'denied' || this.#server.role === 'visitor') this.#server.connect();
    else this.#server.watch([this.#watchedAs(contact)]);
    void this.#checkInvites();
    return id;
  }

  /** Leaves: the server and all links are closed, what was being written is durable. */
  async close(): Promise<void> {
    this.#server.close();
    this.#roster.close();
    await Promise.all(this.#roster.all().map((peer) => peer.log.settled()));
    this.#parts.store.close();
  }

  #peer(conversation: string): Peer {
    const peer = this.#contacts.get(conversation) && this.#roster.get(conversation);
    if (!peer) throw new ChatError('no-conversation', 'This conversation is not here any more. Choose another one.');
    return peer;
  }

  #view(contact: Contact): ConversationView {
    const peer = this.#roster.get(contact.id);
    const state = peer?.log.state;
    return {
      id: contact.id,
      name: contact.name,
      connection: this.#connectionOf(peer),
      invited: contact.status.kind === 'invited',
      unread: state?.unread ?? 0,
      preview: state?.preview ?? '',
      time: state?.time || contact.added,
      trouble: refusalOf(contact) ?? this.#inviteTrouble.get(contact.id) ?? peer?.trouble,
    };
  }

  #connectionOf(peer: Peer | undefined): Connection {
    if (peer?.route) return peer.route;
    return this.#server.state === 'connected' && peer?.connection.present === false ? 'away' : 'connecting';
  }

  #watchedAs({ id, fingerprint }: Contact): Watched {
    const ticket = this.#roster.heldInvite(id)?.ticket;
    return ticket ? { fingerprint, ticket } : { fingerprint };
  }

  #onserver(state: SignalState): void {
    if (state === 'connected') {
      this.#server.watch(this.#contacts.all().map((contact) => this.#watchedAs(contact)));
      void this.#vouch();
      void this.#checkInvites();
    } else {
      this.#roster.forgetPresence();
    }
    const trouble = SERVER_TROUBLE[state];
    if (trouble) this.#notify(trouble);
    this.#change();
  }

  /** Tells our server of everyone who came in by an invite and whom it has not heard of. */
  async #vouch(): Promise<void> {
    for (const own of this.#invites.untold()) {
      if (own.status.kind !== 'spent') continue;
      const told = await this.#server.vouch(own.keys, own.status.by);
      if (told) await this.#invites.put({ ...own, status: { ...own.status, told } });
    }
  }

  /**
   * Says of the invites that we wait on whether the server still stands by them. We go on calling their makers, who
   * have the last word.
   */
  async #checkInvites(): Promise<void> {
    for (const { id, status } of this.#contacts.all()) {
      if (status.kind !== 'invited') continue;
      const { state } = await previewInvite(status.invite, this.#parts.now(), this.fingerprint);
      const trouble = this.#contacts.get(id)?.status === status ? DEAD_INVITE[state] : undefined;
      if (trouble) this.#inviteTrouble.set(id, trouble);
      else this.#inviteTrouble.delete(id);
    }
    this.#change();
  }

  #notify(text: string): void {
    const others = this.#notices.filter((notice) => notice.text !== text);
    this.#notices = [...others, { id: this.#nextNotice++, text }].slice(-MAX_NOTICES);
    this.#change();
  }

  /** Many things may change in one turn; listeners hear of them once. */
  #change(): void {
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      this.#listeners.notify();
    });
  }
}
