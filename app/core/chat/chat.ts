/**
 * The conductor: it joins a profile's records, our server and the links to people into conversations. It is what an interface
 * talks to, besides the profile's `Backups`. Views read; what a person does is a method here, or of what stands here.
 */
import { toHex } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import type { Invite } from '../identity/invite.ts';
import type { OpenLink } from '../transport/link.ts';
import type { SignalState } from '../transport/signal-client.ts';
import { openBooks, type AllBooks, type BooksParts } from './books.ts';
import { Connections } from './connections.ts';
import { ConversationList } from './conversation-list.ts';
import { Handles } from './handles.ts';
import { HeldInvites } from './held-invites.ts';
import { historyOf, type HistoryPage } from './history.ts';
import { Invitations } from './invitations.ts';
import { Mailbox } from './mailbox.ts';
import { Notices } from './notices.ts';
import { OwnCard } from './own-card.ts';
import { OwnIdentity } from './own-identity.ts';
import { Parting } from './parting.ts';
import type { Peer } from './peer.ts';
import { Roster } from './roster.ts';
import { Server } from './server.ts';
import { addressTrouble } from './server-health.ts';
import type { Settings } from './settings.ts';
import { LogThread } from './thread.ts';
import { sentenceOf, SERVER_TROUBLE } from './trouble.ts';
import { Verification } from './verification.ts';
import type { ConversationView, InviteView, Notice, Sentence, ServerState, Thread } from './views.ts';
import { ticketOf, watchedAs } from './watched.ts';

/** What a chat runs on. */
export interface ChatParts extends BooksParts {
  readonly openSocket: () => WebSocket;
  readonly openLink: OpenLink;
}

export class Chat {
  /** Told the conversation and the invite, each time someone we invited has come in. */
  readonly joined = new Listeners<[conversation: string, invite: string]>();
  /** Comparing keys with people. */
  readonly verification: Verification;
  /** Our handle, and those of others. */
  readonly handles: Handles;
  /** What our server keeps for people who are away. */
  readonly mailbox: Mailbox;
  /** What the person has chosen for the profile. */
  readonly settings: Pick<Settings, 'choices' | 'change'>;
  /** How each conversation is connected, or why it is not. */
  readonly connections: Connections;
  readonly #parts: ChatParts;
  readonly #own: OwnIdentity;
  readonly #card: OwnCard;
  readonly #books: AllBooks;
  readonly #roster: Roster;
  readonly #server: Server;
  readonly #invitations: Invitations;
  readonly #list: ConversationList;
  readonly #held: HeldInvites;
  readonly #parting: Parting;
  readonly #notices = new Notices();
  readonly #listeners = new Listeners();
  #changed = false;
  /** How often we found ourselves without our server: the first time is the beginning. */
  #attempts = 0;

  private constructor(parts: ChatParts, books: AllBooks) {
    this.#parts = parts;
    this.#books = books;
    const { origin, openSocket, openLink, vault, now } = parts;
    const own = new OwnIdentity(parts);
    this.#own = own;
    const told = {
      onchange: () => this.#change(),
      onnotice: (text: Sentence) => this.#notify(text),
      inBackground: (task: Promise<void>) => this.#inBackground(task),
    };
    this.settings = books.settings;
    books.settings.changed.add(told.onchange);
    this.verification = new Verification(own.current.card, books.contacts, () => this.#change());
    this.#server = new Server({
      get identity() {
        return own.current;
      },
      origin,
      openSocket,
      now,
      tickets: () => books.contacts.all().flatMap((contact) => ticketOf(contact) ?? []),
      onstate: (state) => this.#onserver(state),
      onpresence: (fingerprint, present) => this.#roster.setPresence(fingerprint, present),
      onsignal: (from, payload) => this.#inBackground(this.#roster.receiveSignal(from, payload)),
      onmail: () => this.#inBackground(this.mailbox.mail()),
    });
    this.#card = new OwnCard({ ...told, own, server: this.#server });
    this.#roster = new Roster({
      books,
      means: {
        get identity() {
          return own.current;
        },
        openLink,
        now,
        iceServers: () => this.#server.iceServers,
      },
      vault,
      tellsRead: () => books.settings.choices.readReceipts,
      sendSignal: (to, payload) => this.#server.sendSignal(to, payload),
      ondoubt: () => this.#server.check(),
      lookUp: (fingerprint) => this.#server.lookUp(fingerprint),
      onjoined: (contact, invite) => {
        this.#server.watch(watchedAs(contact));
        this.#inBackground(this.#invitations.tell());
        this.joined.notify(contact.id, invite.id);
      },
      ...told,
    });
    this.#parting = new Parting({
      books,
      roster: this.#roster,
      senders: books.senders,
      onparted: ({ id, fingerprint }) => {
        this.#held.forget(id);
        this.#server.unwatch(fingerprint);
        this.#inBackground(this.#invitations.tell());
        this.#change();
      },
    });
    const shared = { contacts: books.contacts, roster: this.#roster, server: this.#server };
    this.#held = new HeldInvites({ ...shared, origin, us: this.fingerprint, now });
    this.#invitations = new Invitations({
      book: books.invites,
      server: this.#server,
      origin,
      inviter: own.current.card.fingerprint,
      get name() {
        return own.current.name;
      },
      now,
    });
    this.handles = new Handles({
      book: books.handles,
      contacts: books.contacts,
      server: this.#server,
      verification: this.verification,
      us: this.fingerprint,
      now,
      ...told,
    });
    this.mailbox = new Mailbox({ ...told, books, own, roster: this.#roster, server: this.#server });
    this.connections = new Connections(shared);
    this.#list = new ConversationList({
      ...shared,
      verification: this.verification,
      handles: this.handles,
      held: this.#held,
      mailbox: this.mailbox,
      connections: this.connections,
    });
  }

  /** Opens a profile's conversations from its records; nothing is sent before `connect`. @throws DamagedRecord */
  static async open(parts: ChatParts): Promise<Chat> {
    const books = await openBooks(parts);
    const chat = new Chat(parts, books);
    await Promise.all(books.contacts.all().map(({ fingerprint }) => chat.#roster.add(fingerprint)));
    return chat;
  }

  get name(): string {
    return this.#own.current.name;
  }

  /** Our fingerprint, 64 hexadecimal digits. */
  get fingerprint(): string {
    return toHex(this.#parts.identity.card.fingerprint);
  }

  /** When the keys that others encrypt for were made, unix ms. */
  get keysSince(): number {
    return this.#own.current.card.sequence;
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
    return this.#list.all();
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

  /** Takes another name, durable; others hear of it when our devices next shake hands. @throws ChatError */
  async rename(name: string): Promise<void> {
    await this.#own.rename(name);
    this.#change();
  }

  /** Makes a fresh key for others to encrypt for, durable, and tells our server of it now or at the next login. @throws ChatError */
  async renewKeys(): Promise<void> {
    await this.#card.renew();
  }

  /** Signs in to our server, and comes back to it whenever it is lost. @param token - makes us an owner of it. */
  connect(token?: string): void {
    this.#server.connect(token);
    this.#card.keepFresh();
  }

  /** The network may have changed, or we slept: tries the server and all links again at once, open or waited for. */
  hurry(): void {
    this.#server.hurry();
    this.#roster.hurry();
  }

  /** Opens a window on a conversation. @throws ChatError */
  thread(conversation: string): Promise<Thread> {
    return LogThread.open(this.#peer(conversation));
  }

  /** Resolves with the message's id once it is durable here; it is then on its way by itself. @throws ChatError */
  async send(conversation: string, text: string): Promise<string> {
    this.verification.checkMayWrite(conversation);
    return toHex((await this.#peer(conversation).send({ kind: 'text', text })).id);
  }

  /** All of a conversation so far was shown in a visible, focused window. */
  async markRead(conversation: string): Promise<void> {
    await this.#peer(conversation).markRead();
  }

  /** Makes an invite for one person, durable and known to our server before it is shown. @throws ChatError */
  async createInvite(): Promise<InviteView> {
    const view = await this.#invitations.create();
    this.#change();
    return view;
  }

  /** Lets whoever holds an invite join while we are away, or not. @returns it as it is now, if it lives @throws ChatError */
  async setKnock(id: string, knock: boolean): Promise<InviteView | undefined> {
    const view = await this.#invitations.setKnock(id, knock);
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
    const id = await this.#held.take(invite, name);
    this.#change();
    this.#inBackground(this.#checkInvites());
    return id;
  }

  /** Opens an invite of somebody known: if they cannot be reached otherwise, we call them by it, as they may have forgotten us. */
  callAgain(invite: Invite): void {
    this.#inBackground(this.join(invite).then(() => undefined));
  }

  /** From now on nothing of this person's is taken, nor sent to them, and to them we are away. @throws ChatError */
  block(conversation: string): Promise<void> {
    return this.#parting.block(conversation);
  }

  /** What waits goes out, and what they wrote comes. @throws ChatError */
  async unblock(conversation: string): Promise<void> {
    const contact = await this.#parting.unblock(conversation);
    if (contact) this.#server.watch(watchedAs(contact));
    this.#change();
  }

  /** Forgets this person, and all that both wrote, on this device. To talk again one of the two needs a new invite. @throws ChatError */
  async deleteConversation(conversation: string): Promise<void> {
    try {
      await this.#parting.delete(conversation);
    } catch (error) {
      if (this.#books.contacts.get(conversation)) throw error;
      // They are forgotten, and what is left of the messages goes when the profile is opened again.
      this.#notify(sentenceOf(error));
    }
  }

  /** Our signing key as the text of a file that only its password opens. @throws ChatError */
  async exportKeys(password: string): Promise<string> {
    const { exportSigningKey } = await import('../identity/key-file/write.ts');
    return exportSigningKey(this.#parts.store, password);
  }

  /** Our server, as far as it keeps backups. */
  get backupServer(): Pick<Server, 'keepsBackups' | 'claimBackup'> {
    return this.#server;
  }

  /** Everything both wrote, the oldest first, in pages. @throws ChatError */
  history(conversation: string): AsyncGenerator<HistoryPage> {
    return historyOf(this.#peer(conversation).log);
  }

  /** Leaves: the server and all links are closed, what was being written is durable, and keys are overwritten. */
  async close(): Promise<void> {
    this.#card.close();
    this.#server.close();
    await this.mailbox.close();
    await this.#roster.close();
    await this.#books.turns.settled();
    await this.#own.settled();
    await this.#books.settings.settled();
    this.#books.contacts.close();
    this.#books.invites.close();
    this.#parts.store.close();
  }

  #peer(conversation: string): Peer {
    const peer = this.#books.contacts.get(conversation) && this.#roster.get(conversation);
    if (!peer) throw new ChatError('This conversation is not here any more. Choose another one.');
    return peer;
  }

  #onserver(state: SignalState): void {
    if (state === 'connecting' && this.#attempts++ === 1) this.#inBackground(this.#checkAddress());
    if (state === 'connected') {
      this.#server.watch(this.conversations.flatMap(({ id }) => watchedAs(this.#books.contacts.get(id)!)));
      this.#inBackground(this.#invitations.tell());
      this.#inBackground(this.#checkInvites());
      this.#inBackground(this.handles.check());
      this.#inBackground(this.#card.welcomed());
      this.#inBackground(this.mailbox.welcomed());
    } else {
      this.#roster.forgetPresence();
    }
    const trouble = SERVER_TROUBLE[state];
    if (trouble) this.#notify(trouble);
    this.#change();
  }

  async #checkAddress(): Promise<void> {
    const trouble = await addressTrouble(this.#parts.origin);
    if (trouble) this.#notify(trouble);
  }

  async #checkInvites(): Promise<void> {
    await this.#held.check();
    this.#change();
  }

  /** Something nobody waits for: if it fails, the person is told. */
  #inBackground(task: Promise<void>): void {
    task.catch((error: unknown) => this.#notify(sentenceOf(error)));
  }

  #notify(text: Sentence): void {
    this.#notices.add(text);
    this.#change();
  }

  /** Many things may change in one turn; listeners hear of them once. */
  #change(): void {
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      this.mailbox.review();
      this.#listeners.notify();
    });
  }
}
