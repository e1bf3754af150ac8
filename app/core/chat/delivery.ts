/**
 * How far the messages of a conversation have come, both ways: what of ours is sent, left on the server, delivered and read;
 * what of theirs is durable here, and read. It does not matter by which way a batch comes.
 */
import type { Changes } from '../base/store.ts';
import { acknowledgementsOf, chainOf, isLeft } from '../log/acknowledge.ts';
import type { Acknowledgement } from '../log/acknowledgement.ts';
import type { Batch, Message } from '../log/batch.ts';
import type { Entry } from '../log/entry.ts';
import type { Log, Reception } from '../log/log.ts';
import { Outbox } from './outbox.ts';
import type { MessageState } from './views.ts';

export interface DeliveryParts {
  readonly log: Log;
  readonly now: () => number;
  /** Whether the other may be told what was read. */
  readonly tellsRead: () => boolean;
  /** The other has messages that are not here: this log was restored, and is older than they are. */
  readonly onmissing: () => void;
}

export class Delivery {
  readonly outbox: Outbox;
  readonly #parts: DeliveryParts;

  private constructor(parts: DeliveryParts, outbox: Outbox) {
    this.#parts = parts;
    this.outbox = outbox;
  }

  /** @throws DamagedRecord */
  static async open(parts: DeliveryParts): Promise<Delivery> {
    return new Delivery(parts, new Outbox(await parts.log.undelivered()));
  }

  /** How far a message of ours has come: the furthest that is known. */
  stateOf({ chain, seq }: Pick<Entry, 'chain' | 'seq'>): MessageState {
    const own = chainOf(this.#parts.log.state, chain);
    if (own && seq <= own.read) return 'Read';
    if (own && seq <= own.delivered) return 'Delivered';
    if (own && seq <= own.left.seq) return 'On the server';
    return this.outbox.hasSent({ chain, seq }) ? 'Sent' : 'Waiting';
  }

  /** All that there is to acknowledge. */
  acknowledgements(): Acknowledgement[] {
    const { log, tellsRead } = this.#parts;
    return acknowledgementsOf(log.state, log.conversation.them, tellsRead());
  }

  /** The next messages to leave on the server: neither acknowledged nor, for a day, left there; empty if there are none. */
  nextToLeave(): Message[] {
    const { log, now } = this.#parts;
    const [{ state }, time] = [log, now()];
    return this.outbox.nextToLeave(({ entry: { chain, seq } }) => {
      const own = chainOf(state, chain);
      return own !== undefined && isLeft(own, seq, time);
    });
  }

  /** Makes a batch durable; what it acknowledges needs not be sent any more. @throws StorageError */
  async receive(batch: Batch, alongside?: Changes): Promise<Reception> {
    const { log, now, onmissing } = this.#parts;
    const { missing } = log;
    const verdict = await log.receive(batch, now(), alongside);
    const { state } = log;
    if (batch.acknowledgements.length > 0) {
      this.outbox.acknowledge(({ entry: { chain, seq } }) => seq <= (chainOf(state, chain)?.delivered ?? 0));
    }
    // Told once.
    if (missing === 0 && log.missing > 0) onmissing();
    return verdict;
  }

  /**
   * The same for what came on a link. There the other sends all that was never acknowledged, and no more: a log that was
   * restored passes over what its former self acknowledged, which does not come again. @throws StorageError
   */
  async receiveOnLink(batch: Batch): Promise<Reception> {
    const verdict = await this.receive(batch);
    if (verdict !== 'ahead' || (await this.#parts.log.resume(batch.messages)) === 0) return verdict;
    this.#parts.onmissing();
    return this.receive(batch);
  }
}
