/**
 * What we wrote and the other has not acknowledged, oldest first. On every new link it is sent again from the start;
 * how much may be under way at once is bounded, so that a fast writer does not flood a slow reader.
 */
import { firstBatch, MAX_BATCH_MESSAGES, sizeOf, type Message } from '../log/batch.ts';

/** Bytes that may be sent and not yet acknowledged. */
export const MAX_BYTES_UNDER_WAY = 1024 * 1024;

export class Outbox {
  #messages: Message[];
  /** How many, from the front, were written to the link that is open. */
  #sent = 0;
  #bytesUnderWay = 0;

  constructor(undelivered: readonly Message[]) {
    this.#messages = [...undelivered];
  }

  /** The highest number written to the open link; 0 if none. */
  get sentUpTo(): number {
    return this.#messages[this.#sent - 1]?.entry.seq ?? 0;
  }

  add(messages: readonly Message[]): void {
    this.#messages.push(...messages);
  }

  /** The next batch to send; empty while there is nothing to send, or enough is under way. */
  next(): Message[] {
    if (this.#bytesUnderWay >= MAX_BYTES_UNDER_WAY) return [];
    return firstBatch(this.#messages.slice(this.#sent, this.#sent + MAX_BATCH_MESSAGES), sizeOf);
  }

  /** A batch that `next` gave is being written to the link. */
  markSent(batch: readonly Message[]): void {
    this.#sent += batch.length;
    this.#bytesUnderWay += batch.reduce((sum, message) => sum + sizeOf(message), 0);
  }

  /** Everything up to this number has been acknowledged. */
  acknowledge(delivered: number): void {
    const count = this.#messages.findIndex(({ entry }) => entry.seq > delivered);
    const gone = this.#messages.splice(0, count < 0 ? this.#messages.length : count);
    for (const message of gone.slice(0, this.#sent)) this.#bytesUnderWay -= sizeOf(message);
    this.#sent = Math.max(0, this.#sent - gone.length);
  }

  /** The link is gone: all of it must be sent again on the next. */
  rewind(): void {
    this.#sent = 0;
    this.#bytesUnderWay = 0;
  }
}
