import { createSubscriber } from 'svelte/reactivity';
import type { Progress, Sentence } from '../../core/chat/views.ts';
import type { BrowserProtection } from '../../platform/browser/protection.ts';
import type { WayIn } from '../../platform/profile/protection.ts';

/** Who may open the profile, as the settings show it. */
export class ProtectionView {
  readonly actions: BrowserProtection;
  readonly #changed: () => void;

  constructor(protection: BrowserProtection) {
    this.actions = protection;
    this.#changed = createSubscriber((update) => protection.subscribe(update));
  }

  get isProtected(): boolean {
    this.#changed();
    return this.actions.isProtected;
  }

  /** Whether it takes passphrase and passkey together. */
  get needsBoth(): boolean {
    this.#changed();
    return this.actions.needsBoth;
  }

  get ways(): readonly WayIn[] {
    this.#changed();
    return this.actions.ways;
  }

  /** How far the sealing under a new key is, while it goes on. */
  get progress(): Progress | undefined {
    this.#changed();
    return this.actions.progress;
  }

  /** Why the sealing has stopped, in a sentence. */
  get trouble(): Sentence | undefined {
    this.#changed();
    return this.actions.trouble;
  }
}
