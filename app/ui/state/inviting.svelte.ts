import type { Chat } from '../../core/chat/chat.ts';
import type { InviteView } from '../../core/chat/views.ts';
import { Attempt } from './attempt.svelte.ts';

/** The invite being shown to its maker. */
export class Inviting {
  readonly #chat: Chat;
  readonly #attempt = new Attempt();
  #open = $state(false);
  #invite = $state.raw<InviteView>();

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  /** Whether the dialog is open. */
  get open(): boolean {
    return this.#open;
  }

  /** The invite, once the server has taken it. */
  get invite(): InviteView | undefined {
    return this.#invite;
  }

  /** Why there is none, in a sentence. */
  get trouble(): string | undefined {
    return this.#attempt.trouble;
  }

  /** Opens the dialog with a new invite. */
  async begin(): Promise<void> {
    this.#open = true;
    this.#invite = undefined;
    await this.#attempt.run(async () => {
      this.#invite = await this.#chat.createInvite();
    });
  }

  /** Closes the dialog; the invite stays valid. */
  close(): void {
    this.#open = false;
  }
}
