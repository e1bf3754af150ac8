/** The cards of everyone who has logged in, by fingerprint: what `lookup` and `GET /keys` answer from. */
import { fromBlob, type Sqlite } from './sqlite.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import { isCurrent, type Card } from './wire/card.ts';
import { CARD_RETENTION } from './wire/limits.ts';
import { DAY } from './wire/time.ts';

/** How exactly, in milliseconds, it is known when a card was last seen: writing it down at every login would cost more. */
const SEEN_ACCURACY = DAY;

interface Row {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly seen: number;
}

export class Directory {
  readonly #find;
  readonly #put;
  readonly #outdated;
  readonly #sweep;

  constructor(database: Sqlite) {
    this.#find = database.prepare<[Bytes], Row>('SELECT sequence, bytes, seen FROM cards WHERE fingerprint = ?');
    this.#put = database.prepare<[Bytes, number, Bytes, number]>(
      `INSERT INTO cards (fingerprint, sequence, bytes, seen) VALUES (?, ?, ?, ?)
       ON CONFLICT (fingerprint)
       DO UPDATE SET sequence = excluded.sequence, bytes = excluded.bytes, seen = excluded.seen`,
    );
    const forgettable = `FROM cards WHERE seen <= ? AND fingerprint NOT IN (
         SELECT fingerprint FROM members
         UNION SELECT inviter FROM members WHERE inviter IS NOT NULL
         UNION SELECT inviter FROM invites WHERE expiry > ?
         UNION SELECT used_by FROM invites WHERE expiry > ? AND used_by IS NOT NULL
       )`;
    this.#outdated = database.prepare<[number, number, number], { fingerprint: Buffer }>(
      `SELECT fingerprint ${forgettable}`,
    );
    this.#sweep = database.prepare<[number, number, number]>(`DELETE ${forgettable}`);
  }

  /**
   * Stores an opened card durably, in place of an older one; it counts as seen `now`.
   * @returns false, storing nothing, if the card is not current at `now`, or the stored one is newer, or of the same
   *   sequence but different.
   */
  store(card: Card, now: number): boolean {
    if (!isCurrent(card, now)) return false;
    const known = this.#find.get(card.fingerprint);
    const same = known && equal(card.bytes, fromBlob(known.bytes));
    if (same && now < known.seen + SEEN_ACCURACY) return true;
    if (!same && known && card.sequence <= known.sequence) return false;
    this.#put.run(card.fingerprint, card.sequence, card.bytes, now);
    return true;
  }

  /** Whose cards nobody has shown for CARD_RETENTION, and no member and no live invite names. */
  outdated(now: number): Bytes[] {
    return this.#outdated.all(now - CARD_RETENTION, now, now).map(({ fingerprint }) => fromBlob(fingerprint));
  }

  /** Forgets those cards. */
  sweep(now: number): void {
    this.#sweep.run(now - CARD_RETENTION, now, now);
  }

  /** The stored card's bytes, as they came. */
  find(fingerprint: Bytes): Bytes | undefined {
    const row = this.#find.get(fingerprint);
    return row && fromBlob(row.bytes);
  }
}
