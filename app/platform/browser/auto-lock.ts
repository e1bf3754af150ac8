/** Locking a profile by itself, once nobody has touched this tab for a while. */
import { MINUTE, SECOND } from '../../../signal/wire/time.ts';
import type { Store } from '../../core/base/store.ts';
import { LOCK_AFTER_PLACE } from '../../core/identity/vault.ts';

/** Minutes to choose from; 0 is never. */
export const LOCK_CHOICES = [5, 15, 60, 0] as const;
export type LockChoice = (typeof LOCK_CHOICES)[number];
const DEFAULT: LockChoice = 15;
const VERSION = 1;

/** What only a person causes: a page also scrolls by itself, where somebody else has written. */
const INPUTS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'input'];
/** A tab that was hidden, frozen or asleep looks at the clocks as soon as it can. */
const WAKINGS = ['visibilitychange', 'resume', 'focus', 'pageshow', 'online'];

export class AutoLock {
  readonly #store: Store;
  #minutes: LockChoice;

  private constructor(store: Store, minutes: LockChoice) {
    this.#store = store;
    this.#minutes = minutes;
  }

  /** @param store - the profile's records, unsealed. */
  static async open(store: Store): Promise<AutoLock> {
    const record = await store.get(LOCK_AFTER_PLACE);
    const minutes = record?.length === 2 && record[0] === VERSION ? record[1] : undefined;
    return new AutoLock(store, LOCK_CHOICES.find((choice) => choice === minutes) ?? DEFAULT);
  }

  /** After how many minutes; 0 is never. */
  get minutes(): LockChoice {
    return this.#minutes;
  }

  /** Holds from now on, and once it is durable, for other days too. @throws StorageError if it is not; nothing was changed */
  async setMinutes(minutes: LockChoice): Promise<void> {
    const former = this.#minutes;
    this.#minutes = minutes;
    try {
      await this.#store.write(new Map([[LOCK_AFTER_PLACE, Uint8Array.of(VERSION, minutes)]]));
    } catch (error) {
      this.#minutes = former;
      throw error;
    }
  }

  /** Calls back, again and again, while nobody has touched this tab for that long. @returns the way to stop. */
  watch(onidle: () => void): () => void {
    const stop = new AbortController();
    const options = { signal: stop.signal, capture: true, passive: true };
    let last = clocks();
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      const left = this.#minutes === 0 ? MINUTE : this.#minutes * MINUTE - since(last);
      if (left <= 0) onidle();
      if (!stop.signal.aborted) timer = setTimeout(look, Math.max(left, SECOND));
    };
    // The first touch after a long sleep comes too late, so the clocks are read before it counts.
    const touch = () => {
      const idle = this.#minutes > 0 && since(last) >= this.#minutes * MINUTE;
      last = clocks();
      if (idle) onidle();
    };
    for (const name of INPUTS) addEventListener(name, touch, options);
    for (const name of WAKINGS) {
      addEventListener(name, look, options);
      document.addEventListener(name, look, options);
    }
    timer = setTimeout(look, SECOND);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }
}

/** One that goes on while the device sleeps, and one that nobody can set back. */
function clocks(): { readonly wall: number; readonly steady: number } {
  return { wall: Date.now(), steady: performance.now() };
}

function since({ wall, steady }: ReturnType<typeof clocks>): number {
  return Math.max(Date.now() - wall, performance.now() - steady);
}
