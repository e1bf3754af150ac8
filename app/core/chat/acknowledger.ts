/**
 * What the other is to be told on a link of how far their chains have come here, and when: at once where nothing was said
 * for a moment, else a little later, so that one envelope, which costs both sides an RSA operation, serves many messages.
 */
import { toHex } from '../../../signal/wire/bytes.ts';
import type { Acknowledgement } from '../log/acknowledgement.ts';

const ACKNOWLEDGE_INTERVAL = 50;
/** So much is acknowledged at once: a quarter of what the other may have under way. */
const MAX_BYTES_OWED = 256 * 1024;

export class Acknowledger {
  readonly #due: () => void;
  /** What was said on this link, by chain. */
  readonly #told = new Map<string, Acknowledgement>();
  /** What has come on this link, is durable and not yet acknowledged. */
  #bytesOwed = 0;
  #last = -ACKNOWLEDGE_INTERVAL;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param due - called when what `isDue` put off has become due. */
  constructor(due: () => void) {
    this.#due = due;
  }

  /** There is a new link: what was said on an older one may be lost. */
  restart(): void {
    this.#told.clear();
    this.#bytesOwed = 0;
    this.#last = -ACKNOWLEDGE_INTERVAL;
  }

  /** So many bytes have come, and are durable. */
  owe(bytes: number): void {
    this.#bytesOwed += bytes;
  }

  /** Whether to say how it stands though nothing else goes out; if not yet, it is seen to in a moment. */
  isDue(all: readonly Acknowledgement[]): boolean {
    if (this.#news(all).length === 0) return false;
    const wait = this.#last + ACKNOWLEDGE_INTERVAL - performance.now();
    if (wait <= 0 || this.#bytesOwed >= MAX_BYTES_OWED) return true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#due, wait);
    return false;
  }

  /** An envelope goes out. @returns what it says: of each chain on a new link, then of those where something has changed */
  take(all: readonly Acknowledgement[]): Acknowledgement[] {
    const news = this.#news(all);
    for (const one of news) this.#told.set(toHex(one.chain), one);
    this.#bytesOwed = 0;
    this.#last = performance.now();
    return news;
  }

  /** Nothing more becomes due. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #news(all: readonly Acknowledgement[]): Acknowledgement[] {
    return all.filter((one) => {
      const told = this.#told.get(toHex(one.chain));
      return told?.seq !== one.seq || told.read < one.read;
    });
  }
}
