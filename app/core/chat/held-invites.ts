/** Invites of others that we hold: taking one up, and what has become of it. Its maker has the last word. */
import { ChatError } from '../base/errors.ts';
import { normalizeName } from '../base/name.ts';
import { isExpired, type Invite } from '../identity/invite.ts';
import { invitedBy, newContact, withoutInvite, type Contact, type Contacts } from './contacts.ts';
import { inviterOf, previewInvite } from './preview.ts';
import type { Roster } from './roster.ts';
import type { Server } from './server.ts';
import { INVITE_SENTENCES } from './trouble.ts';
import { watchedAs } from './watched.ts';

export interface HeldInvitesParts {
  readonly contacts: Contacts;
  readonly roster: Roster;
  readonly server: Server;
  readonly origin: string;
  /** Our own fingerprint, in hexadecimal. */
  readonly us: string;
  readonly now: () => number;
}

export class HeldInvites {
  readonly #parts: HeldInvitesParts;
  /** What the server says of them, by who made them. */
  readonly #trouble = new Map<string, string>();

  constructor(parts: HeldInvitesParts) {
    this.#parts = parts;
  }

  /**
   * Takes up an invite: from now on we call its maker until we are let in. Someone we know already is just found.
   * @param name - the inviter's, as far as it is known. @returns the conversation. @throws ChatError
   */
  async take(invite: Invite, name: string | undefined): Promise<string> {
    const { contacts, roster, server, origin, us, now } = this.#parts;
    const id = inviterOf(invite);
    if (invite.origin !== origin) {
      const whose = `This invite belongs to ${invite.origin}.`;
      throw new ChatError({
        page: `${whose} Open the link in a tab of its own.`,
        terminal: `${whose} Use it with another folder: --data DIR.`,
      });
    }
    if (id === us) throw new ChatError('This is your own invite. Send it to someone else.');
    // Its secret is overwritten when this chat is closed; whoever called may need theirs again.
    const invited = await invitedBy({ ...invite, secret: invite.secret.slice() });
    await contacts.update(id, (known) => {
      if (known && (known.blocked || this.#stillCalls(known) || roster.get(id)?.route)) return undefined;
      // Someone we know and cannot reach may have forgotten us: only their invite leads to them then.
      const status = known?.status.kind === 'pinned' ? { ...invited, card: known.status.card } : invited;
      const shown = normalizeName(name ?? '') ?? known?.name ?? `Someone ${id.slice(0, 4)}`;
      return { ...(known ?? newContact(invite.inviter, now())), name: shown, status };
    });
    await roster.add(invite.inviter);
    // A private server lets a visitor in by the tickets shown at login, so one more ticket wants a new login.
    if (server.state === 'denied' || server.role === 'visitor') server.connect();
    else server.watch(watchedAs(contacts.get(id)!));
    return id;
  }

  /**
   * Asks the server whether it still stands by the invites that we wait on. We go on calling their makers, unless they are
   * people we knew before.
   */
  async check(): Promise<void> {
    const { contacts, us, now } = this.#parts;
    for (const { id, status } of contacts.all()) {
      if (status.kind !== 'invited') continue;
      const { state, knock } = await previewInvite(status.invite, now(), us);
      if (state === 'live') await this.#setKnock(id, knock);
      const trouble = INVITE_SENTENCES[state];
      if (trouble && status.card) await this.#giveUp(id);
      else if (trouble) this.#trouble.set(id, trouble);
      else this.#trouble.delete(id);
    }
  }

  /** What keeps this person's invite from letting us in, in one sentence. */
  trouble({ id, status }: Contact): string | undefined {
    if (status.kind !== 'invited') return undefined;
    return status.refusal ? INVITE_SENTENCES[status.refusal] : this.#trouble.get(id);
  }

  /** This person is no contact any more. */
  forget(id: string): void {
    this.#trouble.delete(id);
  }

  /** Whether an invite that we hold may yet lead to its maker; another link must not take its place. */
  #stillCalls({ id, status }: Contact): boolean {
    const live = status.kind === 'invited' && status.refusal === undefined && !this.#trouble.has(id);
    return live && !isExpired(status.invite, this.#parts.now());
  }

  /** What we have left is left, whatever the server says of it now. */
  async #setKnock(id: string, may: boolean): Promise<void> {
    const knock = may ? 'may' : 'no';
    await this.#parts.contacts.update(id, (known) => {
      const status = known?.status;
      if (status?.kind !== 'invited' || status.knock === 'left' || status.knock === knock) return undefined;
      return { ...known!, status: { ...status, knock } };
    });
  }

  /** Someone we knew before is called as before. */
  async #giveUp(id: string): Promise<void> {
    const { contacts, server } = this.#parts;
    await contacts.update(id, (known) => {
      const status = known && withoutInvite(known.status);
      return status && { ...known, status };
    });
    const contact = contacts.get(id);
    if (contact) server.watch(watchedAs(contact));
  }
}
