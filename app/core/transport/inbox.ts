/** Frames that have arrived and wait to be read: in order, and bounded. */
import type { Bytes } from '../../../signal/wire/bytes.ts';

/** What may wait. A peer that sends faster than we can open loses the link. */
export const MAX_INBOX_BYTES = 4 * 1024 * 1024;
export const MAX_INBOX_FRAMES = 4096;

export class Inbox {
  #frames: Bytes[] = [];
  /** How many of the frames, from the front, have been read. */
  #read = 0;
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  /** @returns false if the frame does not fit; the caller then closes the link. */
  push(frame: Bytes): boolean {
    const full = this.#bytes + frame.length > MAX_INBOX_BYTES || this.#frames.length - this.#read >= MAX_INBOX_FRAMES;
    if (this.#closed || full) return false;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#wake?.();
    return true;
  }

  /** The next frame, or `undefined` once closed and empty. One reader at a time. */
  async read(): Promise<Bytes | undefined> {
    while (this.#read === this.#frames.length && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const frame = this.#frames[this.#read];
    if (!frame) return undefined;
    this.#bytes -= frame.length;
    if (++this.#read === this.#frames.length || this.#read > MAX_INBOX_FRAMES) {
      this.#frames = this.#frames.slice(this.#read);
      this.#read = 0;
    }
    return frame;
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}
