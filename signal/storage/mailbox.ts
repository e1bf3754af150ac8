/** Parcels that wait for people who are away. What is in them, only their recipients can tell. */
import { createHash } from 'node:crypto';
import type { StorageQuotas } from '../config.ts';
import { fromBlob, type Sqlite } from '../sqlite.ts';
import type { Bytes } from '../wire/bytes.ts';
import {
  MAX_KNOCKS,
  MAX_KNOCKS_OF_SENDER,
  MAX_PARCELS,
  MAX_PARCELS_BYTES,
  MAX_PARCELS_OF_SENDER,
  MAX_TAKEN,
} from '../wire/limits.ts';
import type { RefusalCode, ServerMessageOf } from '../wire/messages.ts';
import { usedBytes } from './database.ts';
import { GroupCommit } from './group-commit.ts';

/** Parcels swept at a time: people who talk meanwhile need not wait for more. */
const SWEEP_BATCH = 500;

export interface Deposit {
  readonly owner: Bytes;
  readonly sender: Bytes;
  /** The id of the invite by which the sender came; `undefined` for one on the owner's list. */
  readonly invite: Bytes | undefined;
  readonly parcel: Bytes;
}

/** `stored`: it waits now; `known`: it waited already. */
type Outcome = 'stored' | 'known' | Extract<RefusalCode, 'too-many' | 'full'>;

interface Count {
  readonly parcels: number;
  readonly bytes: number;
}

const NOTHING: Count = { parcels: 0, bytes: 0 };

interface Row {
  readonly number: number;
  readonly sender: Buffer;
  readonly parcel: Buffer;
}

export class Mailbox {
  readonly #quotas: StorageQuotas;
  readonly #now: () => number;
  readonly #used: () => number;
  readonly #deposits: GroupCommit<Deposit, Outcome>;
  readonly #known;
  readonly #inbox;
  readonly #share;
  readonly #knocks;
  readonly #insert;
  readonly #collect;
  readonly #sweep;
  readonly #remove: (owner: Bytes, numbers: readonly number[]) => void;

  /** @param now the clock by which parcels expire, in unix milliseconds. */
  constructor(database: Sqlite, quotas: StorageQuotas, now: () => number) {
    this.#quotas = quotas;
    this.#now = now;
    this.#used = usedBytes(database);
    this.#deposits = new GroupCommit(database, (deposit) => this.#deposit(deposit));
    this.#known = database.prepare<[Bytes, Bytes, Bytes], { found: 1 }>(
      'SELECT 1 AS found FROM parcels WHERE owner = ? AND sender = ? AND hash = ?',
    );
    this.#inbox = database.prepare<[Bytes], Count & { last: number }>(
      'SELECT last, parcels, bytes FROM inboxes WHERE owner = ?',
    );
    this.#share = database.prepare<[Bytes, Bytes], Count>(
      'SELECT parcels, bytes FROM shares WHERE owner = ? AND sender = ?',
    );
    this.#knocks = database.prepare<[Bytes, Bytes, Bytes, Bytes], { all: number; invite: number; sender: number }>(
      `SELECT coalesce(sum(length(parcel)), 0) AS "all",
         count(*) FILTER (WHERE invite = ?) AS invite,
         count(*) FILTER (WHERE invite = ? AND sender = ?) AS sender
       FROM parcels WHERE owner = ? AND invite IS NOT NULL`,
    );
    this.#insert = database.prepare<[Bytes, number, Bytes, Bytes | null, Bytes, number, Bytes]>(
      'INSERT INTO parcels (owner, number, sender, invite, hash, time, parcel) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#collect = database.prepare<[Bytes, number, number], Row>(
      'SELECT number, sender, parcel FROM parcels WHERE owner = ? AND number > ? AND time > ? ORDER BY number',
    );
    this.#sweep = database.prepare<[number, number]>(
      'DELETE FROM parcels WHERE id IN (SELECT id FROM parcels WHERE time <= ? LIMIT ?)',
    );
    const remove = database.prepare<[Bytes, number]>('DELETE FROM parcels WHERE owner = ? AND number = ?');
    this.#remove = database.transaction((owner: Bytes, numbers: readonly number[]) => {
      for (const number of numbers) remove.run(owner, number);
    });
  }

  /**
   * Leaves a parcel, durably. The caller knows that the sender may. The same bytes again, while they wait, change nothing.
   * @returns why not: 'too-many' of this sender, or by this invite; or 'full', the inbox or all that may be kept.
   * @throws if the disk does not take it.
   */
  deposit(deposit: Deposit): Promise<Outcome> {
    return this.#deposits.run(deposit);
  }

  #deposit({ owner, sender, invite, parcel }: Deposit): Outcome {
    const hash = Uint8Array.from(createHash('sha256').update(parcel).digest());
    if (this.#known.get(owner, sender, hash)) return 'known';
    const { inboxBytes, senderBytes, totalBytes } = this.#quotas;
    const fits = (count: Count, parcels: number, bytes: number): boolean =>
      count.parcels < parcels && count.bytes + parcel.length <= bytes;
    if (!fits(this.#share.get(owner, sender) ?? NOTHING, MAX_PARCELS_OF_SENDER, senderBytes)) return 'too-many';
    if (invite && !this.#mayKnock(owner, sender, invite, parcel.length)) return 'too-many';
    const inbox = this.#inbox.get(owner);
    if (!fits(inbox ?? NOTHING, MAX_PARCELS, inboxBytes)) return 'full';
    if (this.#used() + parcel.length > totalBytes) return 'full';
    this.#insert.run(owner, (inbox?.last ?? 0) + 1, sender, invite ?? null, hash, this.#now(), parcel);
    return 'stored';
  }

  /** All who come by invites have no more room than one sender: they may be one, under many names. */
  #mayKnock(owner: Bytes, sender: Bytes, invite: Bytes, size: number): boolean {
    const knocks = this.#knocks.get(invite, invite, sender, owner)!;
    if (knocks.invite >= MAX_KNOCKS || knocks.sender >= MAX_KNOCKS_OF_SENDER) return false;
    return knocks.all + size <= this.#quotas.senderBytes;
  }

  /**
   * The oldest parcels with numbers above `after`: at least one if there are any, and together at most MAX_PARCELS_BYTES
   * and MAX_TAKEN. Nothing is removed.
   */
  collect(owner: Bytes, after: number): Pick<ServerMessageOf<'parcels'>, 'parcels' | 'more'> {
    const parcels = [];
    let size = 0;
    for (const row of this.#collect.iterate(owner, after, this.#now() - this.#quotas.parcelLifetime)) {
      size += row.parcel.length;
      const full = size > MAX_PARCELS_BYTES || parcels.length === MAX_TAKEN;
      if (full && parcels.length > 0) return { parcels, more: true };
      parcels.push({ number: row.number, from: fromBlob(row.sender), parcel: fromBlob(row.parcel) });
    }
    return { parcels, more: false };
  }

  /** Durably removes parcels of this owner; numbers that are not there are passed over. */
  remove(owner: Bytes, numbers: readonly number[]): void {
    this.#remove(owner, numbers);
  }

  /** Forgets what has waited for as long as it may. */
  sweep(): void {
    this.#sweep.run(this.#now() - this.#quotas.parcelLifetime, SWEEP_BATCH);
  }
}
