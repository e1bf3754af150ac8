/**
 * The log of one conversation: its messages in the order they became durable here, one record or more for each append,
 * and one record of state, in one transaction. Appends wait for each other. A message is shown, sent or
 * acknowledged only after the append that holds it has resolved.
 */
import { ByteReader, concat, equal, lp, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError, DamagedRecord } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import { Serial } from '../base/serial.ts';
import type { Changes, Store } from '../base/store.ts';
import { randomBytes } from '../crypto/random.ts';
import type { Content, EncodedContent } from '../envelope/content.ts';
import { chainOf, missingOf, receiveAcknowledgements, withAllRead, withLeft } from './acknowledge.ts';
import { receiveMessages, resumeChains, writeMessage, type Conversation } from './append.ts';
import { batchesOf, decodeBatch, encodeBatch, type Batch, type Message } from './batch.ts';
import { CHAIN_BYTES } from './entry.ts';
import { noteOf, type Erasure } from './erase.ts';
import { decodeLogState, emptyLogState, encodeLogState, ownChains, remainderOf, type LogState } from './log-state.ts';
import { placeOf, prefixOf, statePlaceOf } from './places.ts';

const VERSION = 1;
const MAX_RECORD_PART = 64 * 1024;

/**
 * What became of a batch. `refused`: some of it does not fit this conversation, and nothing is changed. `ahead`: it would fit, but
 * for something that is not here and precedes it; what it acknowledges is noted, and nothing else.
 */
export type Reception = 'taken' | 'ahead' | 'refused';

/** A record of the log, as read back. */
export interface LogRecord {
  readonly position: number;
  readonly messages: readonly Message[];
}

export class Log {
  readonly conversation: Conversation;
  /** Told of messages once they are durable, with the position of their record. */
  readonly appended = new Listeners<[messages: readonly Message[], position: number]>();
  /** Told when the state has changed. */
  readonly changed = new Listeners();
  #store: Store;
  #name: string;
  #state: LogState;
  #writes = new Serial();
  #erased = false;

  private constructor(store: Store, name: string, conversation: Conversation, state: LogState) {
    this.#store = store;
    this.#name = name;
    this.conversation = conversation;
    this.#state = state;
  }

  /** Opens the log that the store keeps under a hidden name, or begins one. @throws DamagedRecord */
  static async open(store: Store, name: string, conversation: Conversation): Promise<Log> {
    const record = await store.get(statePlaceOf(name));
    // Messages whose state is gone must not be written over by a log that begins anew.
    const orphans = record ? [] : await store.list(prefixOf(name), 1);
    const state = record ? decodeLogState(record) : emptyLogState(randomBytes(CHAIN_BYTES));
    if (!state || orphans.length > 0) throw new DamagedRecord();
    return new Log(store, name, conversation, state);
  }

  get state(): LogState {
    return this.#state;
  }

  /** Appends contents of ours, all of them or none. @returns their messages, durable. */
  write(contents: readonly (readonly [Content, EncodedContent])[], time: number): Promise<Message[]> {
    return this.#writes.run(async () => {
      let state = this.#state;
      const messages: Message[] = [];
      for (const [content, encoded] of contents) {
        const written = await writeMessage(state, this.conversation, content, encoded, time);
        state = written.state;
        messages.push(written.message);
      }
      await this.#commit(state, messages);
      return messages;
    });
  }

  /**
   * Takes a batch the other sent: appends what is new, notes what it acknowledges.
   * @param alongside - records that belong to it and go into the same write, though nothing of it be new.
   * @throws StorageError; nothing is changed then
   */
  receive(batch: Batch, now: number, alongside: Changes = new Map()): Promise<Reception> {
    return this.#writes.run(async () => {
      const received = receiveMessages(this.#state, this.conversation, batch.messages, now);
      if (received === 'refused') return 'refused';
      const isAhead = received === 'ahead';
      const { state: before, fresh } = isAhead ? { state: this.#state, fresh: [] } : received;
      const state = receiveAcknowledgements(before, this.conversation.us, batch.acknowledgements);
      if (!state) return 'refused';
      const others = isAhead ? new Map<string, undefined>() : alongside;
      if (state !== this.#state || others.size > 0) await this.#commit(state, fresh, others);
      return isAhead ? 'ahead' : 'taken';
    });
  }

  /**
   * Takes up the other's chains where these messages go on, if they are ahead of a log that was restored. Only for what
   * comes on a link: there they send all that was never acknowledged.
   * @returns how many messages of theirs that passes over; 0 if that is not why, and nothing is changed.
   */
  resume(messages: readonly Message[]): Promise<number> {
    return this.#writes.run(async () => {
      const resumed = resumeChains(this.#state, this.conversation, messages);
      if (resumed) await this.#commit(resumed.state, []);
      return resumed?.lost ?? 0;
    });
  }

  /** Resolves once what was being written is durable, or has failed. */
  settled(): Promise<void> {
    return this.#writes.settled();
  }

  /** Counts everything so far as read. @param tells - whether the other may be told so. */
  markRead(tells: boolean): Promise<void> {
    const shown = this.#state;
    return this.#change((state) => withAllRead(state, shown, tells));
  }

  /** The mailbox has committed these messages of ours, a run of what is not delivered. @param now - unix ms. */
  markLeft(messages: readonly Message[], now: number): Promise<void> {
    return this.#change((state) => withLeft(state, messages, now));
  }

  /** How many messages of ours the other has that are not here, as a backup that was restored was older. */
  get missing(): number {
    return missingOf(this.#state);
  }

  /** Up to `count` records below a position, the newest first. @throws DamagedRecord */
  async page(count: number, before = this.#state.next): Promise<LogRecord[]> {
    const records = await this.#store.list(prefixOf(this.#name), count, placeOf(this.#name, before));
    return Promise.all(
      records.map(async ([key, record]) => ({
        position: parseInt(key.slice(key.lastIndexOf('/') + 1), 16),
        messages: await decodeRecord(record),
      })),
    );
  }

  /**
   * Marks every message for erasing, and goes on from what must be remembered of them, in one write with whatever belongs
   * to it. Nothing is written or taken any more afterwards. @returns what `erase` then takes out of the store
   */
  forget(alongside: Changes): Promise<Erasure> {
    return this.#writes.run(async () => {
      const erasure = { name: this.#name, next: this.#state.next };
      const state = remainderOf(this.#state, randomBytes(CHAIN_BYTES));
      const remainder = state.theirs.length > 0 ? encodeLogState(state) : undefined;
      await this.#store.write(new Map([...alongside, [statePlaceOf(this.#name), remainder], noteOf(erasure)]));
      this.#erased = true;
      this.#state = state;
      return erasure;
    });
  }

  /** Our messages that the other has not acknowledged, oldest first. @throws DamagedRecord */
  async undelivered(): Promise<Message[]> {
    const state = this.#state;
    const owed = ownChains(state).reduce((sum, { seq, delivered }) => sum + seq - delivered, 0);
    const found: Message[] = [];
    let before = state.next;
    while (found.length < owed) {
      const [record] = await this.page(1, before);
      if (!record) throw new DamagedRecord();
      found.unshift(...record.messages.filter((message) => this.#isUndelivered(state, message)));
      before = record.position;
    }
    return found;
  }

  #isUndelivered(state: LogState, { entry: { author, chain, seq } }: Message): boolean {
    if (!equal(author, this.conversation.us)) return false;
    const own = chainOf(state, chain);
    return own !== undefined && seq > own.delivered;
  }

  #change(change: (state: LogState) => LogState): Promise<void> {
    return this.#writes.run(async () => {
      const state = change(this.#state);
      if (state !== this.#state) await this.#commit(state, []);
    });
  }

  async #commit(state: LogState, messages: readonly Message[], alongside: Changes = new Map()): Promise<void> {
    if (this.#erased) throw new ChatError('This conversation was deleted. Choose another one.');
    const records = batchesOf(messages).map((batch, index) => ({ position: state.next + index, messages: batch }));
    const next = { ...state, next: state.next + records.length };
    const changes = new Map([...alongside, [statePlaceOf(this.#name), encodeLogState(next)]]);
    for (const record of records) changes.set(placeOf(this.#name, record.position), encodeRecord(record.messages));
    await this.#store.write(changes);
    this.#state = next;
    for (const record of records) this.appended.notify(record.messages, record.position);
    this.changed.notify();
  }
}

function encodeRecord(messages: readonly Message[]): Bytes {
  const { entries, rest } = encodeBatch({ messages, acknowledgements: [] });
  return concat(u8(VERSION), lp(entries), lp(rest));
}

async function decodeRecord(record: Bytes): Promise<readonly Message[]> {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const body = { entries: reader.lp(MAX_RECORD_PART), rest: reader.lp(MAX_RECORD_PART) };
  const batch = reader.done() && version === VERSION ? await decodeBatch(body) : undefined;
  if (!batch) throw new DamagedRecord();
  return batch.messages;
}
