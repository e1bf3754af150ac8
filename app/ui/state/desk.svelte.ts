import { createSubscriber, SvelteSet } from 'svelte/reactivity';
import type { Chat } from '../../core/chat/chat.ts';
import type { ConversationView, InviteView, Notice, ServerState } from '../../core/chat/views.ts';
import type { AutoLock } from '../../platform/browser/auto-lock.ts';
import type { OpenProfile } from '../../platform/browser/profiles.ts';
import { BackupView } from './backup-view.svelte.ts';
import { Drafts } from './drafts.ts';
import { Inviting } from './inviting.svelte.ts';
import { marksOf } from '../../words/marks.ts';
import { perFrame } from './per-frame.ts';
import { ProtectionView } from './protection-view.svelte.ts';

/** What a signed-in person has before them: the conversations, which one is open, and the drafts. */
export class Desk {
  readonly chat: Chat;
  readonly protection: ProtectionView;
  readonly autoLock: AutoLock;
  readonly backups: BackupView;
  readonly inviting: Inviting;
  readonly drafts = new Drafts();
  readonly #changed: () => void;
  readonly #newcomers = new SvelteSet<string>();
  #openId = $state<string>();
  // The chat makes its list anew for each who asks; every item asks.
  readonly #conversations = $derived.by(() => {
    this.#changed();
    return this.chat.conversations;
  });

  readonly #marks = $derived(marksOf(this.conversations));

  constructor({ chat, protection, autoLock, backups }: OpenProfile) {
    this.chat = chat;
    this.autoLock = autoLock;
    this.backups = new BackupView(backups);
    this.protection = new ProtectionView(protection);
    this.inviting = new Inviting(chat);
    this.#changed = createSubscriber((update) => chat.subscribe(perFrame(update)));
    chat.joined.add((conversationId, inviteId) => this.#welcome(conversationId, inviteId));
  }

  get name(): string {
    this.#changed();
    return this.chat.name;
  }

  /** When the keys that others encrypt for were made, unix ms. */
  get keysSince(): number {
    this.#changed();
    return this.chat.keysSince;
  }

  get conversations(): readonly ConversationView[] {
    return this.#conversations;
  }

  get invites(): readonly InviteView[] {
    this.#changed();
    return this.chat.invites;
  }

  get notices(): readonly Notice[] {
    this.#changed();
    return this.chat.notices;
  }

  /** Whether others are told what was read here. */
  get readReceipts(): boolean {
    this.#changed();
    return this.chat.settings.choices.readReceipts;
  }

  /** The handle that we have claimed. */
  get handle(): string | undefined {
    this.#changed();
    return this.chat.handles.own;
  }

  get server(): ServerState {
    this.#changed();
    return this.chat.server;
  }

  /** Whether we may invite others, as far as we know: most may, so nothing appears once the server has said so. */
  get mayInvite(): boolean {
    this.#changed();
    return this.chat.mayInvite !== false;
  }

  get unread(): number {
    return this.conversations.reduce((sum, conversation) => sum + conversation.unread, 0);
  }

  /** What is new outside the open conversation: unread messages, and people who have come in and not yet written. */
  get newElsewhere(): number {
    return this.conversations
      .filter(({ id }) => id !== this.#openId)
      .reduce((sum, { id, unread }) => sum + (unread || Number(this.isNewcomer(id))), 0);
  }

  /** The conversation that is open. */
  get current(): ConversationView | undefined {
    return this.conversations.find((conversation) => conversation.id === this.#openId);
  }

  /** Opens a conversation. */
  open(conversationId: string): void {
    this.#openId = conversationId;
    this.#newcomers.delete(conversationId);
  }

  /** Deletes a conversation, and what was typed for it. Throws a ChatError. */
  async delete(conversationId: string): Promise<void> {
    await this.chat.deleteConversation(conversationId);
    this.drafts.delete(conversationId);
    this.#newcomers.delete(conversationId);
    if (this.#openId === conversationId) this.back();
  }

  /** Goes back to the list. */
  back(): void {
    this.#openId = undefined;
  }

  /** Whether this person came in by an invite and their conversation was not opened since. */
  isNewcomer(conversationId: string): boolean {
    return this.#newcomers.has(conversationId);
  }

  /** The digits that tell people apart whose names do not; empty where the name is enough. */
  mark(conversation: ConversationView): string {
    return this.#marks.get(conversation.id) ?? '';
  }

  /** Whether this person is already someone one talks to, beyond an unanswered invite. */
  knows(fingerprint: string): boolean {
    return this.chat.conversations.some((conversation) => conversation.id === fingerprint && !conversation.invited);
  }

  /** Someone we invited came in. Only the dialog that shows their invite makes way; otherwise nothing moves. */
  #welcome(conversationId: string, inviteId: string): void {
    if (this.inviting.open && this.inviting.invite?.id === inviteId) {
      this.inviting.close();
      this.open(conversationId);
    } else if (this.#openId !== conversationId) {
      this.#newcomers.add(conversationId);
    }
  }
}
