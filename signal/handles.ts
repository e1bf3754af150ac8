/** Handles, first come first served: one for each identity, and one of all that look the same. */
import { fromBlob, type Sqlite } from './sqlite.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import type { ClaimFields } from './wire/handle.ts';
import { CARD_RETENTION } from './wire/limits.ts';

/** A claim as its owner signed it. */
export interface Claim extends ClaimFields {
  readonly signature: Bytes;
}

interface Row {
  readonly handle: string;
  readonly fingerprint: Buffer;
  readonly origin: string;
  readonly time: number;
  readonly signature: Buffer;
}

/**
 * How a handle looks at a glance. Two of one look are not given to two people, or one would pass for the other:
 * `0` and `o`, `1` and `l`, `m` and `rn`, `w` and `vv`, with hyphens or without.
 */
export function lookOf(handle: string): string {
  return handle
    .replaceAll('-', '')
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('m', 'rn')
    .replaceAll('w', 'vv');
}

/** What would speak for the server, or for the one who reads it. */
const RESERVED = new Set(
  ['admin', 'administrator', 'anyone', 'everyone', 'guest', 'help', 'me', 'moderator', 'nobody', 'official', 'owner']
    .concat(['root', 'security', 'server', 'someone', 'sotto', 'support', 'system', 'visitor', 'you'])
    .map(lookOf),
);

export class Handles {
  readonly #find;
  readonly #delete;
  readonly #sweep;
  readonly #claim: (claim: Claim) => boolean;

  constructor(database: Sqlite) {
    this.#find = database.prepare<[string], Row>(
      'SELECT handle, fingerprint, origin, time, signature FROM handles WHERE look = ?',
    );
    this.#delete = database.prepare<[string, Bytes]>('DELETE FROM handles WHERE handle = ? AND fingerprint = ?');
    this.#sweep = database.prepare<[number]>(
      'DELETE FROM handles WHERE fingerprint IN (SELECT fingerprint FROM cards WHERE seen <= ?)',
    );
    const leave = database.prepare<[Bytes]>('DELETE FROM handles WHERE fingerprint = ?');
    const insert = database.prepare<[string, string, Bytes, string, number, Bytes]>(
      'INSERT INTO handles (look, handle, fingerprint, origin, time, signature) VALUES (?, ?, ?, ?, ?, ?)',
    );
    // One transaction: nobody loses their former handle without getting the new one.
    this.#claim = database.transaction(({ handle, fingerprint, origin, time, signature }: Claim) => {
      const look = lookOf(handle);
      const holder = this.#find.get(look);
      if (RESERVED.has(look) || (holder && !equal(fromBlob(holder.fingerprint), fingerprint))) return false;
      leave.run(fingerprint);
      insert.run(look, handle, fingerprint, origin, time, signature);
      return true;
    });
  }

  /**
   * Durably gives a handle to whoever claims it, in the place of the one they had. The caller has verified the claim.
   * @returns false if it is reserved, or somebody else has it or one that looks the same.
   */
  claim(claim: Claim): boolean {
    return this.#claim(claim);
  }

  /** Gives up a handle. @returns whether it was this identity's. */
  release(handle: string, fingerprint: Bytes): boolean {
    return this.#delete.run(handle, fingerprint).changes > 0;
  }

  /** The claim by which somebody has this very handle. */
  find(handle: string): Claim | undefined {
    const row = this.#find.get(lookOf(handle));
    if (row?.handle !== handle) return undefined;
    return { ...row, fingerprint: fromBlob(row.fingerprint), signature: fromBlob(row.signature) };
  }

  /** Frees the handles of those who have not been seen for CARD_RETENTION, members or not. */
  sweep(now: number): void {
    this.#sweep.run(now - CARD_RETENTION);
  }
}
