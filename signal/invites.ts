/**
 * Invites, by the hash of their tickets. The server knows of each: who made it, until when it holds, a sealed note,
 * and who has spent it; never the secret in the link.
 */
import { createHash } from 'node:crypto';
import { fromBlob, type Sqlite } from './sqlite.ts';
import { equal, type Bytes } from './wire/bytes.ts';
import { CLOCK_TOLERANCE, MAX_INVITE_LIFETIME, MAX_LIVE_INVITES } from './wire/limits.ts';
import type { RefusalCode } from './wire/messages.ts';

export interface Invite {
  readonly id: Bytes;
  readonly inviter: Bytes;
  /** Unix milliseconds. */
  readonly expiry: number;
  readonly note: Bytes;
  readonly usedBy: Bytes | null;
  /** Its ticket no longer leads to its maker, and nobody is told so. */
  readonly hidden: boolean;
  /** Whether its ticket lets somebody leave something for its maker. */
  readonly knock: boolean;
}

interface Row {
  readonly inviter: Buffer;
  readonly expiry: number;
  readonly note: Buffer;
  readonly used_by: Buffer | null;
  readonly hidden: number;
  readonly knock: number;
}

/** The id of the invite that a ticket belongs to. */
export function inviteIdOf(ticket: Bytes): Bytes {
  return Uint8Array.from(createHash('sha256').update(ticket).digest());
}

export class Invites {
  readonly #now;
  readonly #find;
  readonly #countUnused;
  readonly #insert;
  readonly #setKnock;
  readonly #delete;
  readonly #hide;
  readonly #spend;
  readonly #sweep;

  /** @param now the clock by which invites expire, in unix milliseconds. */
  constructor(database: Sqlite, now: () => number = Date.now) {
    this.#now = now;
    this.#find = database.prepare<[Bytes], Row>(
      'SELECT inviter, expiry, note, used_by, hidden, knock FROM invites WHERE id = ?',
    );
    this.#countUnused = database.prepare<[Bytes, number], { count: number }>(
      'SELECT count(*) AS count FROM invites WHERE inviter = ? AND expiry > ? AND used_by IS NULL',
    );
    this.#insert = database.prepare<[Bytes, Bytes, number, Bytes, number]>(
      'INSERT INTO invites (id, inviter, expiry, note, knock) VALUES (?, ?, ?, ?, ?)',
    );
    this.#setKnock = database.prepare<[number, Bytes]>('UPDATE invites SET knock = ? WHERE id = ?');
    this.#delete = database.prepare<[Bytes, Bytes]>('DELETE FROM invites WHERE id = ? AND inviter = ?');
    this.#hide = database.prepare<[Bytes, Bytes]>('UPDATE invites SET hidden = 1 WHERE id = ? AND inviter = ?');
    this.#spend = database.prepare<[Bytes, Bytes, Bytes]>(
      'UPDATE invites SET used_by = ?, acceptance = ? WHERE id = ?',
    );
    this.#sweep = database.prepare<[number]>('DELETE FROM invites WHERE expiry <= ?');
  }

  /**
   * Stores an invite durably. The same one again changes nothing but whether it lets somebody knock.
   * @returns why not: 'expired', 'too-many' unused ones of this inviter, or 'not-allowed' for one that would live too
   *   long or whose id is taken.
   */
  add(id: Bytes, inviter: Bytes, expiry: number, note: Bytes, knock: boolean): RefusalCode | undefined {
    const now = this.#now();
    if (expiry <= now) return 'expired';
    // The inviter counted the lifetime from its own clock.
    if (expiry > now + MAX_INVITE_LIFETIME + CLOCK_TOLERANCE) return 'not-allowed';
    const known = this.#get(id);
    if (known) {
      const same = equal(known.inviter, inviter) && known.expiry === expiry && equal(known.note, note);
      if (same && known.knock !== knock) this.#setKnock.run(Number(knock), id);
      return same ? undefined : 'not-allowed';
    }
    if (this.#countUnused.get(inviter, now)!.count >= MAX_LIVE_INVITES) return 'too-many';
    this.#insert.run(id, inviter, expiry, note, Number(knock));
    return undefined;
  }

  /** Forgets what expired a day ago or more. Until then, a late `accept` is told why it is refused. */
  sweep(): void {
    this.#sweep.run(this.#now() - CLOCK_TOLERANCE);
  }

  /** Forgets an invite. @returns whether there was one of this id by this inviter. */
  cancel(id: Bytes, inviter: Bytes): boolean {
    return this.#delete.run(id, inviter).changes > 0;
  }

  /**
   * From now on its ticket leads nobody to its maker. Whoever asks about it is answered as before, so nothing shows.
   * @returns whether there is one of this id by this inviter.
   */
  hide(id: Bytes, inviter: Bytes): boolean {
    return this.#hide.run(id, inviter).changes > 0;
  }

  /**
   * The invite of this id, unless it has expired or been cancelled. A used one counts: only its maker can tell a second
   * guest from the first, and wants to hear of the attempt.
   */
  open(id: Bytes): Invite | undefined {
    const invite = this.#get(id);
    return invite && invite.expiry > this.#now() ? invite : undefined;
  }

  /**
   * Durably marks an invite as used by a guest, with the inviter's signature. Again for the same guest changes nothing.
   * @returns why not: 'not-found' by this inviter, 'not-allowed' for one used by another guest, or 'expired'.
   */
  spend(id: Bytes, inviter: Bytes, guest: Bytes, signature: Bytes): RefusalCode | undefined {
    const invite = this.#get(id);
    if (!invite || !equal(invite.inviter, inviter)) return 'not-found';
    if (invite.usedBy) return equal(invite.usedBy, guest) ? undefined : 'not-allowed';
    if (invite.expiry <= this.#now()) return 'expired';
    this.#spend.run(guest, signature, id);
    return undefined;
  }

  #get(id: Bytes): Invite | undefined {
    const row = this.#find.get(id);
    if (!row) return undefined;
    return {
      id,
      inviter: fromBlob(row.inviter),
      expiry: row.expiry,
      note: fromBlob(row.note),
      usedBy: row.used_by && fromBlob(row.used_by),
      hidden: row.hidden !== 0,
      knock: row.knock !== 0,
    };
  }
}
