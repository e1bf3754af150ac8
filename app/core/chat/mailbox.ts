/**
 * The mailbox: what our server keeps for people who are away, where it does. Whenever it lets us in it hears who may leave
 * parcels for us, gets prekeys to hand out, and is asked for what was left; whenever something changes here, what is due
 * is left for others.
 */
import { isServerTrouble } from '../base/errors.ts';
import type { Sentence } from '../base/sentence.ts';
import type { AllBooks } from './books.ts';
import { Collecting } from './collecting.ts';
import type { Contact } from './contacts.ts';
import { Leaving } from './leaving.ts';
import type { OwnIdentity } from './own-identity.ts';
import { PrekeyStock } from './prekey-stock.ts';
import type { Roster } from './roster.ts';
import type { Server } from './server.ts';
import type { ConversationView, Knock } from './views.ts';

export interface MailboxParts {
  readonly books: AllBooks;
  readonly roster: Roster;
  readonly server: Server;
  readonly own: OwnIdentity;
  readonly onchange: () => void;
  /** Something to tell the person that belongs to no conversation. */
  readonly onnotice: (text: Sentence) => void;
  /** Does something nobody waits for. */
  readonly inBackground: (task: Promise<void>) => void;
}

export class Mailbox {
  readonly #parts: MailboxParts;
  readonly #stock: PrekeyStock;
  readonly #leaving: Leaving;
  readonly #collecting: Collecting;
  #welcome = Promise.resolve(false);
  /** Our server did not take whom we named. */
  #sendersRefused = false;

  constructor(parts: MailboxParts) {
    this.#parts = parts;
    const { books, roster, server, own, onchange, onnotice, inBackground } = parts;
    const { contacts, prekeys, now } = books;
    this.#stock = new PrekeyStock({ prekeys, server, now, inBackground });
    this.#leaving = new Leaving({ contacts, roster, server, own, now, onchange });
    const ontaken = (id: string) => {
      this.#leaving.owe(id);
      onchange();
    };
    this.#collecting = new Collecting({ books, roster, server, own, ontaken, onnotice });
  }

  /** Whether our server has one; false until it has said so. */
  get exists(): boolean {
    return this.#parts.server.mailbox;
  }

  /** From now on what we write to this person is left at the server while they are away, or is not. @throws ChatError */
  async setLeaving(conversation: string, leaving: boolean): Promise<void> {
    const { books, onchange } = this.#parts;
    await books.contacts.update(conversation, (known) => known && { ...known, leaving });
    onchange();
  }

  /** Whether what waits for somebody is left at the server. */
  leavingFor(contact: Contact): ConversationView['leaving'] {
    return this.#leaving.view(contact);
  }

  /** Whether somebody's invite lets us in while they are away. */
  knockAt({ status }: Contact): Knock {
    return this.exists && status.kind === 'invited' ? status.knock : 'no';
  }

  /** What keeps the server from keeping something for somebody, in one sentence. */
  trouble(contact: Contact): Sentence | undefined {
    return this.#leaving.trouble(contact);
  }

  /** Our server has let us in. @throws ChatError */
  async welcomed(): Promise<void> {
    await (this.#welcome = this.#greet());
  }

  /**
   * Resolves once what our server has to have of us after its last welcome is there, or could not be brought. Never rejects.
   * @returns whether it has the prekeys without which nobody can leave anything for us, or knock, when we go
   */
  ready(): Promise<boolean> {
    return this.#welcome.catch(() => false);
  }

  /** @returns whether our server has prekeys of ours. @throws ChatError */
  async #greet(): Promise<boolean> {
    const { senders } = this.#parts.books;
    this.#sendersRefused = false;
    if (!this.exists) {
      await senders.forgetFormer();
      return false;
    }
    senders.forgetTold();
    this.#leaving.welcomed();
    // Others are told no for as long as our server does not know them, or has no keys of ours; so these come first.
    await this.#tellSenders();
    const isStocked = await this.#stock.keep();
    await this.#collect();
    return isStocked;
  }

  /** Our server has something new for us. @throws ChatError */
  async mail(): Promise<void> {
    if (this.exists) await this.#collect();
  }

  /** Does what is due, after something has changed: contacts, who is here, links, messages. */
  review(): void {
    const { server, books, inBackground } = this.#parts;
    if (!this.exists || server.state !== 'connected') return;
    if (books.senders.untold && !this.#sendersRefused) inBackground(this.#tellSenders());
    if (this.#collecting.isWorthwhile) inBackground(this.#collecting.collect());
    this.#leaving.review();
  }

  /** Resolves once what was being taken is durable, or was not. */
  async close(): Promise<void> {
    this.#stock.close();
    this.#leaving.close();
    await this.#collecting.close();
  }

  async #collect(): Promise<void> {
    await this.#collecting.collect();
    // What is sealed for a bundle that is full does not open; so others get a fresh one.
    if (this.#parts.books.prekeys.isFull) await this.#stock.keep();
  }

  async #tellSenders(): Promise<void> {
    const { books, server } = this.#parts;
    try {
      await books.senders.tell(server.parcels);
    } catch (error) {
      // It is told at the next welcome.
      this.#sendersRefused = true;
      if (!isServerTrouble(error)) throw error;
    }
  }
}
