/** Making invites and taking them back, and telling our server of what has become of them. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { Refused, Unreachable } from '../base/errors.ts';
import { cancelled } from '../identity/invite-record.ts';
import { createInvite } from '../identity/invite.ts';
import { inviteView, ownInvite, type InviteBook, type OwnInvite } from './invite-book.ts';
import type { Server } from './server.ts';
import { inviteError } from './trouble.ts';
import type { InviteView } from './views.ts';

export interface InvitationsParts {
  readonly book: InviteBook;
  readonly server: Server;
  readonly origin: string;
  /** Our own fingerprint, and our name as it is now. */
  readonly inviter: Bytes;
  readonly name: string;
  readonly now: () => number;
}

export class Invitations {
  readonly #parts: InvitationsParts;

  constructor(parts: InvitationsParts) {
    this.#parts = parts;
  }

  /** Makes an invite for one person, durable here and known to our server before it is shown. @throws ChatError */
  async create(): Promise<InviteView> {
    const { book, origin, inviter, name, now } = this.#parts;
    const own = await ownInvite(createInvite(origin, inviter, now()), name);
    await book.add(own);
    try {
      await this.#announce(own);
    } catch (error) {
      await book.update(own.id, cancelled);
      throw error;
    }
    await book.update(own.id, (known) => ({ ...known, told: true }));
    return inviteView(own);
  }

  /**
   * Lets whoever holds an invite join while we are away, or not any more: known to our server, then durable here.
   * @returns the invite as it is now; `undefined` if nobody comes in by it any more @throws ChatError
   */
  async setKnock(id: string, knock: boolean): Promise<InviteView | undefined> {
    const { book } = this.#parts;
    const own = book.get(id);
    if (own?.status.kind !== 'live') return undefined;
    await this.#announce({ ...own, knock });
    await book.update(id, (known) => ({ ...known, knock }));
    return inviteView({ ...own, knock });
  }

  /** Nobody comes in by it any more, whether our server can be told now or not. */
  async cancel(id: string): Promise<void> {
    await this.#parts.book.update(id, (known) => (known.status.kind === 'live' ? cancelled(known) : undefined));
  }

  /** Tells our server what it has not heard: who came in, and what was cancelled. Stops where it cannot be reached. */
  async tell(): Promise<void> {
    const { book, server } = this.#parts;
    for (const own of book.untold()) {
      // One that was never announced is being made just now; or the page was closed over it, and nobody has its link.
      if (own.status.kind === 'live') continue;
      try {
        if (own.status.kind === 'used') await server.accept(own.keys, own.status.by);
        if (own.hidden) await server.hide(own.keys);
        else if (own.status.kind === 'cancelled') await server.cancel(own.keys);
      } catch (error) {
        if (error instanceof Unreachable) return;
        // An answer is final, whatever it says.
        if (!(error instanceof Refused)) throw error;
      }
      await book.update(own.id, (known) => {
        return { ...known, told: known.status.kind === own.status.kind && known.hidden === own.hidden };
      });
    }
  }

  async #announce(own: OwnInvite): Promise<void> {
    try {
      await this.#parts.server.announce(own);
    } catch (error) {
      if (error instanceof Unreachable) throw inviteError();
      throw error instanceof Refused ? inviteError(error.code) : error;
    }
  }
}
