import { ChatError } from '../../core/chat/trouble.ts';
import type { Verification } from '../../core/chat/verification.ts';
import type { SafetyNumber, Sentence } from '../../core/chat/views.ts';
import { Attempt } from './attempt.svelte.ts';

/** Comparing keys with one person, while the dialog for it is open. */
export class Verifying {
  readonly #verification: Verification;
  readonly #conversationId: string;
  readonly #loading = new Attempt();
  readonly #marking = new Attempt();
  readonly #scanning = new Attempt();
  #safetyNumber = $state.raw<SafetyNumber>();
  #camera = $state.raw<AbortController>();
  #matched = $state(false);

  constructor(verification: Verification, conversationId: string) {
    this.#verification = verification;
    this.#conversationId = conversationId;
  }

  /** What to compare, as soon as it has been worked out. */
  get safetyNumber(): SafetyNumber | undefined {
    return this.#safetyNumber;
  }

  /** Whether the camera is looking. */
  get scanning(): boolean {
    return this.#camera !== undefined;
  }

  /** Whether the right code was scanned. */
  get matched(): boolean {
    return this.#matched;
  }

  /** What is wrong with the code that was scanned, or else what has failed, in a sentence. */
  get trouble(): Sentence | undefined {
    return this.#scanning.trouble ?? this.#marking.trouble ?? this.#loading.trouble;
  }

  /** Works out what to compare. */
  async load(): Promise<void> {
    await this.#loading.run(async () => {
      this.#safetyNumber = await this.#verification.safetyNumber(this.#conversationId);
    });
  }

  /** The person says so, or takes it back. */
  async mark(verified: boolean): Promise<void> {
    this.stop();
    this.#matched = false;
    this.#scanning.forget();
    await this.#marking.run(() => this.#verification.mark(this.#conversationId, verified));
  }

  /** Opens the camera, which may ask the person first. */
  open(): void {
    this.#matched = false;
    this.#scanning.forget();
    this.#marking.forget();
    this.#camera = new AbortController();
  }

  /** Looks through the camera until a code has been read. */
  async watch(video: HTMLVideoElement): Promise<void> {
    const camera = this.#camera;
    if (!camera) return;
    const kept = await this.#scanning.beside(async () => {
      const { readCodes } = await import('../../platform/browser/camera.ts');
      await readCodes(video, (text) => void this.#take(camera, text), camera.signal);
    });
    if (!kept && this.#camera === camera) this.stop();
  }

  /** Lets go of the camera. */
  stop(): void {
    this.#camera?.abort();
    this.#camera = undefined;
  }

  /** One code is enough: the camera stops at it, whatever it says. */
  async #take(camera: AbortController, text: string): Promise<void> {
    if (this.#camera !== camera) return;
    this.stop();
    this.#matched = await this.#scanning.beside(async () => {
      const trouble = await this.#verification.scan(this.#conversationId, text);
      if (trouble !== undefined) throw new ChatError(trouble);
    });
  }
}
