/**
 * The conductor: it joins a profile's records, our server and the links to people into conversations, and is all that an
 * interface talks to. Views read; everything a person does is a method here.
 */
import { toHex } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import { normalizeName } from '../base/name.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import type { Identity } from '../identity/identity.ts';
import { isExpired, type Invite } from '../identity/invite.ts';
import type { Vault } from '../identity/vault.ts';
import type { OpenLink } from '../transport/link.ts';
import type { SignalState } from '../transport/signal-client.ts';
import type { Books } from './acquaintance.ts';
import { Contacts, invitedBy, newContact, type Contact } from './contacts.ts';
import { Invitations } from './invitations.ts';
import { InviteBook } from './invite-book.ts';
import { Notices } from './notices.ts';
import type { Peer } from './peer.ts';
import { inviterOf, previewInvite } from './preview.ts';
import { Roster } from './roster.ts';
import { Server, type Watched } from './server.ts';
import { serverHealth } from './server-health.ts';
import { LogThread } from './thread.ts';
import { INVITE_SENTENCES, sentenceOf, SERVER_TROUBLE } from './trouble.ts';
import type { Connection, ConversationView, InviteView, Notice, ServerState, Thread } from './views.ts';

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
  readonly joined = new Listeners<[conversation: string, invite: string]>();
  readonly #parts: ChatParts;
  readonly #books: Books;
  readonly #roster: Roster;
  readonly #server: Server;
  readonly #invitations: Invitations;
  readonly #notices = new Notices();
  readonly #listeners = new Listeners();
  /** What the server says of invites that we hold. */
  readonly #inviteTrouble = new Map<string, string>();
  #changed = false;
  /** How often we found ourselves without our server: the first time is the beginning. */
  #attempts = 0;

  private constructor(parts: ChatParts, books: Books) {
    this.#parts = parts;
    this.#books = books;
    const { identity, origin, openSocket, openLink, vault, now } = parts;
    this.#server = new Server({
      identity,
      origin,
      openSocket,
      now,
      tickets: () => books.contacts.all().flatMap((contact) => watchedAs(contact).ticket ?? []),
      onstate: (state) => this.#onserver(state),
      onpresence: (fingerprint, present) => this.#roster.setPresence(fingerprint, present),
      onsignal: (from, payload) => this.#inBackground(this.#roster.receiveSignal(from, payload)),
    });
    this.#roster = new Roster({
      books,
      means: { identity, openLink, now, iceServers: () => this.#server.iceServers },
      vault,
      sendSignal: (to, payload) => this.#server.sendSignal(to, payload),
      lookUp: (fingerprint) => this.#server.lookUp(fingerprint),
      onjoined: (contact, own) => {
        this.#server.watch([watchedAs(contact)]);
        this.#inBackground(this.#invitations.tell());
        this.joined.notify(contact.id, own.id);
      },
      onnotice: (text) => this.#notify(text),
      onchange: () => this.#change(),
    });
    const inviter = identity.card.fingerprint;
    this.#invitations = new Invitations({
      book: books.invites,
      server: this.#server,
      origin,
      inviter,
      name: identity.name,
      now,
    });
  }

  /** Opens a profile's conversations from its records; nothing is sent before `connect`. @throws DamagedRecord */
  static async open(parts: ChatParts): Promise<Chat> {
    const { store, vault, origin, identity, now } = parts;
    const turns = new Serial();
    const contacts = await Contacts.open(store, vault, turns, origin);
    const inviter = identity.card.fingerprint;
    const invites = await InviteBook.open(store, vault, turns, { origin, inviter, now: now() });
    const chat = new Chat(parts, { contacts, invites, store, turns, now });
    await Promise.all(contacts.all().map(({ fingerprint }) => chat.#roster.add(fingerprint)));
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

  /** Whether we may invite others; `undefined` until our server has said. */
  get mayInvite(): boolean | undefined {
    return this.#server.mayInvite;
  }

  /** Newest activity first. */
  get conversations(): readonly ConversationView[] {
    return this.#books.contacts
      .all()
      .map((contact) => this.#view(contact))
      .sort((a, b) => b.time - a.time);
  }

  /** The invites of ours that somebody may still come in by. */
  get invites(): readonly InviteView[] {
    return this.#books.invites.pending(this.#parts.now());
  }

  get notices(): readonly Notice[] {
    return this.#notices.current;
  }

  /** Calls back, at most once a turn, after any of the above has changed. @returns the way to stop. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  dismiss(id: number): void {
    this.#notices.dismiss(id);
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

  /** Makes an invite for one person, durable and known to our server before it is shown. @throws ChatError */
  async createInvite(): Promise<InviteView> {
    const view = await this.#invitations.create();
    this.#change();
    return view;
  }

  /** Nobody comes in by it any more, whether our server can be told now or later. */
  async cancelInvite(id: string): Promise<void> {
    await this.#invitations.cancel(id);
    this.#change();
    this.#inBackground(this.#invitations.tell());
  }

  /**
   * Takes up an invite: from now on we call its maker until we are let in. Someone we know already is just found.
   * @param name - the inviter's, as far as it is known. @returns the conversation. @throws ChatError
   */
  async join(invite: Invite, name?: string): Promise<string> {
    const { origin, now } = this.#parts;
    const id = inviterOf(invite);
    if (invite.origin !== origin) {
      throw new ChatError(`This invite belongs to ${invite.origin}. Open the link in a tab of its own.`);
    }
    if (id === this.fingerprint) throw new ChatError('This is your own invite. Send it to someone else.');
    const status = await invitedBy(invite);
    await this.#books.contacts.update(id, (known) => {
      if (known?.status.kind === 'pinned' || (known && this.#stillCalls(known))) return undefined;
      const shown = normalizeName(name ?? '') ?? known?.name ?? `Someone ${id.slice(0, 4)}`;
      return { ...(known ?? newContact(invite.inviter, now())), name: shown, status };
    });
    await this.#roster.add(invite.inviter);
    this.#change();
    // A private server lets a visitor in by the tickets shown at login, so one more ticket wants a new login.
    if (this.#server.state === 'denied' || this.#server.role === 'visitor') this.#server.connect();
    else this.#server.watch([watchedAs(this.#books.contacts.get(id)!)]);
    this.#inBackground(this.#checkInvites());
    return id;
  }

  /** Our signing key as the text of a file that only its password opens. @throws ChatError */
  async exportKeys(password: string): Promise<string> {
    const { exportSigningKey } = await import('../identity/key-file/write.ts');
    return exportSigningKey(this.#parts.store, password);
  }

  /** Leaves: the server and all links are closed, what was being written is durable. */
  async close(): Promise<void> {
    this.#server.close();
    await this.#roster.close();
    await this.#books.turns.run(() => Promise.resolve());
    this.#parts.store.close();
  }

  /** Whether an invite that we hold may yet lead to its maker; another link must not take its place. */
  #stillCalls({ id, status }: Contact): boolean {
    const live = status.kind === 'invited' && status.refusal === undefined && !this.#inviteTrouble.has(id);
    return live && !isExpired(status.invite, this.#parts.now());
  }

  #peer(conversation: string): Peer {
    const peer = this.#books.contacts.get(conversation) && this.#roster.get(conversation);
    if (!peer) throw new ChatError('This conversation is not here any more. Choose another one.');
    return peer;
  }

  #view({ id, name, status, added }: Contact): ConversationView {
    const peer = this.#roster.get(id);
    const state = peer?.log.state;
    const refusal = status.kind === 'invited' ? status.refusal : undefined;
    const ofInvite = refusal ? INVITE_SENTENCES[refusal] : this.#inviteTrouble.get(id);
    return {
      id,
      name,
      connection: this.#connectionWith(id),
      invited: status.kind === 'invited',
      refused: refusal !== undefined,
      unread: state?.unread ?? 0,
      preview: state?.preview ?? '',
      time: state?.time || added,
      trouble: (status.kind === 'invited' ? ofInvite : undefined) ?? peer?.trouble,
    };
  }

  #connectionWith(id: string): Connection {
    const route = this.#roster.get(id)?.route;
    if (route) return route;
    return this.#server.state === 'connected' && this.#roster.presence(id) === false ? 'away' : 'connecting';
  }

  #onserver(state: SignalState): void {
    if (state === 'connecting' && this.#attempts++ === 1) this.#inBackground(this.#checkAddress());
    if (state === 'connected') {
      this.#server.watch(this.conversations.flatMap(({ id }) => watchedAs(this.#books.contacts.get(id)!)));
      this.#inBackground(this.#invitations.tell());
      this.#inBackground(this.#checkInvites());
    } else {
      this.#roster.forgetPresence();
    }
    const trouble = SERVER_TROUBLE[state];
    if (trouble) this.#notify(trouble);
    this.#change();
  }

  /** A server turns away whoever dials another address of it than its own; its own can be asked for. */
  async #checkAddress(): Promise<void> {
    const health = await serverHealth(this.#parts.origin);
    if (!health || health.origins.includes(this.#parts.origin)) return;
    this.#notify(`This server answers at ${health.origins[0]}. Open that address instead of this one.`);
  }

  /**
   * Says of the invites that we wait on whether the server still stands by them. We go on calling their makers, who
   * have the last word.
   */
  async #checkInvites(): Promise<void> {
    for (const { id, status } of this.#books.contacts.all()) {
      if (status.kind !== 'invited') continue;
      const { state } = await previewInvite(status.invite, this.#parts.now(), this.fingerprint);
      const trouble = INVITE_SENTENCES[state];
      if (trouble) this.#inviteTrouble.set(id, trouble);
      else this.#inviteTrouble.delete(id);
    }
    this.#change();
  }

  /** Something nobody waits for: if it fails, the person is told. */
  #inBackground(task: Promise<void>): void {
    task.catch((error: unknown) => this.#notify(sentenceOf(error)));
  }

  #notify(text: string): void {
    this.#notices.add(text);
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

/** Someone to be told about; with the ticket of their invite, while they have not let us in. */
function watchedAs({ fingerprint, status }: Contact): Watched {
  const calling = status.kind === 'invited' && status.refusal === undefined;
  return calling ? { fingerprint, ticket: status.keys.ticket } : { fingerprint };
}
