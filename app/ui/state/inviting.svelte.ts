import { createSubscriber } from 'svelte/reactivity';
import type { Chat } from '../../core/chat/chat.ts';
import type { InviteView, Sentence } from '../../core/chat/views.ts';
import { Attempt } from './attempt.svelte.ts';
import { perFrame } from './per-frame.ts';

/** How long the first sign-in may take before one is told that the server cannot be reached. */
const WELCOME_DEADLINE = 10_000;

/** The invite being shown to its maker. */
export class Inviting {
  readonly #chat: Chat;
  readonly #changed: () => void;
  readonly #attempt = new Attempt();
  #open = $state(false);
  #invite = $state.raw<InviteView>();

  constructor(chat: Chat) {
    this.#chat = chat;
    this.#changed = createSubscriber((update) => chat.subscribe(perFrame(update)));
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
  get trouble(): Sentence | undefined {
    return this.#attempt.trouble;
  }

  /** Whether people may be let in by it while its maker is away. */
  get offersKnock(): boolean {
    this.#changed();
    return this.#chat.mailbox.exists;
  }

  /** Lets whoever gets it join while its maker is away, or not. @returns whether they may now */
  async setKnock(knock: boolean): Promise<boolean> {
    const invite = this.#invite;
    if (!invite) return false;
    await this.#attempt.run(async () => {
      const changed = await this.#chat.setKnock(invite.id, knock);
      // Another may be shown by now.
      if (this.#invite === invite) this.#invite = changed;
    });
    return this.#invite?.knock === true;
  }

  /** Opens the dialog with a new invite. */
  async begin(): Promise<void> {
    this.#open = true;
    this.#invite = undefined;
    await this.#attempt.run(async () => {
      await this.#welcomed();
      // Closed meanwhile: an invite that nobody sees would be one too many.
      if (this.#open) this.#invite = await this.#chat.createInvite();
    });
  }

  /** Closes the dialog; the invite stays valid. */
  close(): void {
    this.#open = false;
  }

  /** Waits for the server's first welcome: the button is there from the start, and may be pressed before it. */
  async #welcomed(): Promise<void> {
    const chat = this.#chat;
    const waiting = () => chat.mayInvite === undefined && chat.server === 'connecting';
    if (!waiting()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, WELCOME_DEADLINE);
      const stop = chat.subscribe(() => {
        if (!waiting()) done();
      });
      function done(): void {
        clearTimeout(timer);
        stop();
        resolve();
      }
    });
  }
}
