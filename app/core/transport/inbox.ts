/** Frames that have arrived and wait to be read: in order, and bounded. */
import type { Bytes } from '../../../signal/wire/bytes.ts';

/** Bytes that may wait. A peer that sends faster than we can open loses the link. */
export const MAX_INBOX_BYTES = 4 * 1024 * 1024;

export class Inbox {
  #frames: Bytes[] = [];
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  /** @returns false if the frame does not fit; the caller then closes the link. */
  push(frame: Bytes): boolean {
    if (this.#closed || this.#bytes + frame.length > MAX_INBOX_BYTES) return false;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#wake?.();
    return true;
  }

  /** The next frame, or `undefined` once closed and empty. One reader at a time. */
  async read(): Promise<Bytes | undefined> {
    while (this.#frames.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const frame = this.#frames.shift();
    this.#bytes -= frame?.length ?? 0;
    return frame;
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}
