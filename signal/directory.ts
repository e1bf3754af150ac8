/** The cards of everyone who has logged in, by fingerprint: what `lookup` and `GET /keys` answer from. */
import { fromBlob, type Sqlite } from './sqlite.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import { isCurrent, type Card } from './wire/card.ts';

interface Row {
  readonly sequence: number;
  readonly bytes: Buffer;
}

export class Directory {
  readonly #find;
  readonly #put;

  constructor(database: Sqlite) {
    this.#find = database.prepare<[Bytes], Row>('SELECT sequence, bytes FROM cards WHERE fingerprint = ?');
    this.#put = database.prepare<[Bytes, number, Bytes]>(
      `INSERT INTO cards (fingerprint, sequence, bytes) VALUES (?, ?, ?)
       ON CONFLICT (fingerprint) DO UPDATE SET sequence = excluded.sequence, bytes = excluded.bytes`,
    );
  }

  /**
   * Stores an opened card durably, in place of an older one.
   * @returns false, storing nothing, if the card is not current at `now`, or the stored one is newer, or of the same
   *   sequence but different.
   */
  store(card: Card, now: number): boolean {
    if (!isCurrent(card, now)) return false;
    const known = this.#find.get(card.fingerprint);
    if (known && equal(card.bytes, fromBlob(known.bytes))) return true;
    if (known && card.sequence <= known.sequence) return false;
    this.#put.run(card.fingerprint, card.sequence, card.bytes);
    return true;
  }

  /** The stored card's bytes, as they came. */
  find(fingerprint: Bytes): Bytes | undefined {
    const row = this.#find.get(fingerprint);
    return row && fromBlob(row.bytes);
  }
}
