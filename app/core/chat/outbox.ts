/**
 * What we wrote and the other has not acknowledged, oldest first, that of former chains before that of the newest. On every
 * new link it is sent again from the start; how much may be under way at once is bounded, so that a fast writer does not
 * flood a slow reader.
 */
import { toHex } from '../../../signal/wire/bytes.ts';
import { firstBatch, MAX_BATCH_MESSAGES, sizeOf, type Message } from '../log/batch.ts';
import type { Entry } from '../log/entry.ts';

/** Bytes that may be sent and not yet acknowledged. */
export const MAX_BYTES_UNDER_WAY = 1024 * 1024;

export class Outbox {
  #messages: Message[];
  /** How many, from the front, were written to the link that is open. */
  #sent = 0;
  /** The highest number of each chain among them, also of those acknowledged by now. */
  readonly #sentUpTo = new Map<string, number>();
  #bytesUnderWay = 0;

  constructor(undelivered: readonly Message[]) {
    this.#messages = [...undelivered];
  }

  /** Whether a message that is not delivered was written to the open link. */
  hasSent({ chain, seq }: Pick<Entry, 'chain' | 'seq'>): boolean {
    return seq <= (this.#sentUpTo.get(toHex(chain)) ?? 0);
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
    for (const { entry } of batch) this.#sentUpTo.set(toHex(entry.chain), entry.seq);
    this.#bytesUnderWay += batch.reduce((sum, message) => sum + sizeOf(message), 0);
  }

  /** The next batch to leave on the server for the other; empty if there is nothing. @param isLeft - what needs not go. */
  nextToLeave(isLeft: (message: Message) => boolean): Message[] {
    return firstBatch(
      this.#messages.filter((message) => !isLeft(message)),
      sizeOf,
    );
  }

  /** Lets go of what has been acknowledged. */
  acknowledge(isDelivered: (message: Message) => boolean): void {
    const gone = this.#messages.slice(0, this.#sent).filter(isDelivered);
    for (const message of gone) this.#bytesUnderWay -= sizeOf(message);
    this.#sent -= gone.length;
    this.#messages = this.#messages.filter((message) => !isDelivered(message));
  }

  /** The link is gone: all of it must be sent again on the next. */
  rewind(): void {
    this.#sent = 0;
    this.#sentUpTo.clear();
    this.#bytesUnderWay = 0;
  }
}
