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
import { receiveAcknowledgement, receiveMessages, writeMessage, type Conversation } from './append.ts';
import { batchesOf, decodeBatch, encodeBatch, type Batch, type Message } from './batch.ts';
import { CHAIN_BYTES } from './entry.ts';
import { erasure, placeOf, type Erasure } from './erase.ts';
import { decodeLogState, emptyLogState, encodeLogState, remainderOf, type LogState } from './log-state.ts';

const VERSION = 1;
const MAX_RECORD_PART = 64 * 1024;

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
    const record = await store.get(`log-state/${name}`);
    // Messages whose state is gone must not be written over by a log that begins anew.
    const orphans = record ? [] : await store.list(`log/${name}/`, 1);
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
   * @returns false, and changes nothing, if any of it does not fit this conversation.
   */
  receive(batch: Batch, now: number): Promise<boolean> {
    return this.#writes.run(async () => {
      const received = receiveMessages(this.#state, this.conversation, batch.messages, now);
      if (!received) return false;
      const state = batch.acknowledgement
        ? receiveAcknowledgement(received.state, this.conversation.us, batch.acknowledgement)
        : received.state;
      if (!state) return false;
      if (state !== this.#state) await this.#commit(state, received.fresh);
      return true;
    });
  }

  /** Resolves once what was being written is durable, or has failed. */
  settled(): Promise<void> {
    return this.#writes.run(() => Promise.resolve());
  }

  /** Counts everything so far as read. */
  markRead(): Promise<void> {
    return this.#writes.run(async () => {
      if (this.#state.unread > 0) await this.#commit({ ...this.#state, unread: 0 }, []);
    });
  }

  /** Up to `count` records below a position, the newest first. @throws DamagedRecord */
  async page(count: number, before = this.#state.next): Promise<LogRecord[]> {
    const records = await this.#store.list(`log/${this.#name}/`, count, placeOf(this.#name, before));
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
      const left = { name: this.#name, next: this.#state.next };
      const state = remainderOf(this.#state, randomBytes(CHAIN_BYTES));
      const remainder = state.theirs.length > 0 ? encodeLogState(state) : undefined;
      await this.#store.write(new Map([...alongside, [`log-state/${this.#name}`, remainder], erasure(left)]));
      this.#erased = true;
      this.#state = state;
      return left;
    });
  }

  /** Our messages that the other has not acknowledged, oldest first. @throws DamagedRecord */
  async undelivered(): Promise<Message[]> {
    const { ours, delivered, next } = this.#state;
    const found: Message[] = [];
    let before = next;
    while (found.length < ours.seq - delivered) {
      const [record] = await this.page(1, before);
      if (!record) throw new DamagedRecord();
      const { us } = this.conversation;
      const own = record.messages.filter(({ entry }) => equal(entry.author, us) && entry.seq > delivered);
      found.unshift(...own);
      before = record.position;
    }
    return found;
  }

  async #commit(state: LogState, messages: readonly Message[]): Promise<void> {
    if (this.#erased) throw new ChatError('This conversation was deleted. Choose another one.');
    const records = batchesOf(messages).map((batch, index) => ({ position: state.next + index, messages: batch }));
    const next = { ...state, next: state.next + records.length };
    const changes = new Map([[`log-state/${this.#name}`, encodeLogState(next)]]);
    for (const record of records) changes.set(placeOf(this.#name, record.position), encodeRecord(record.messages));
    await this.#store.write(changes);
    this.#state = next;
    for (const record of records) this.appended.notify(record.messages, record.position);
    this.changed.notify();
  }
}

function encodeRecord(messages: readonly Message[]): Bytes {
  const { entries, rest } = encodeBatch({ messages, acknowledgement: undefined });
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
