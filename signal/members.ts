/** Who belongs to a private server. An open one has no members. */
import type { Sqlite } from './sqlite.ts';
import type { Bytes } from './wire/bytes.ts';

export type MemberRole = 'owner' | 'guest';

/** What made someone a guest: the invite, who made it, and that inviter's signature. */
export interface Acceptance {
  readonly invite: Bytes;
  readonly inviter: Bytes;
  readonly signature: Bytes;
}

export class Members {
  readonly #role;
  readonly #putOwner;
  readonly #putGuest;

  constructor(database: Sqlite) {
    this.#role = database.prepare<[Bytes], { role: MemberRole }>('SELECT role FROM members WHERE fingerprint = ?');
    this.#putOwner = database.prepare<[Bytes]>(
      `INSERT INTO members (fingerprint, role) VALUES (?, 'owner')
       ON CONFLICT (fingerprint) DO UPDATE SET role = 'owner'`,
    );
    this.#putGuest = database.prepare<[Bytes, Bytes, Bytes, Bytes]>(
      `INSERT INTO members (fingerprint, role, inviter, invite, acceptance) VALUES (?, 'guest', ?, ?, ?)
       ON CONFLICT (fingerprint) DO NOTHING`,
    );
  }

  roleOf(fingerprint: Bytes): MemberRole | undefined {
    return this.#role.get(fingerprint)?.role;
  }

  /** Makes someone an owner, durably; a guest is raised to one. */
  addOwner(fingerprint: Bytes): void {
    if (this.roleOf(fingerprint) !== 'owner') this.#putOwner.run(fingerprint);
  }

  /** Makes someone a guest, durably; a member keeps the role they have. */
  addGuest(fingerprint: Bytes, { inviter, invite, signature }: Acceptance): void {
    this.#putGuest.run(fingerprint, inviter, invite, signature);
  }
}
