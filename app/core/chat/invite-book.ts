/**
 * The invites we made, one sealed record each. A used or cancelled one is kept for a while, so that whoever comes with it
 * later can be told why it does not work.
 */
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { DAY } from '../../../signal/wire/time.ts';
import type { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import {
  inviteKeys,
  inviteLink,
  sealInviteNote,
  wipeInvite,
  type Invite,
  type InviteKeys,
} from '../identity/invite.ts';
import { decodeInvite, encodeInvite, INVITE_PREFIX, type InviteRecord } from '../identity/invite-record.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import type { InviteView } from './views.ts';

const MAX_INVITES = 10_000;
/** How long somebody who comes too late can still be told so. */
const KEPT_AFTER_EXPIRY = 30 * DAY;

/** Why an invite does not let somebody in. */
export const VERDICTS = ['used', 'expired', 'cancelled'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface OwnInvite extends Omit<InviteRecord, 'secret' | 'expiry'> {
  /** The invite's id in hexadecimal. */
  readonly id: string;
  readonly invite: Invite;
  readonly keys: InviteKeys;
}

/** An invite of ours that nobody knows of yet. @param name - ours, for whoever opens the link */
export async function ownInvite(invite: Invite, name: string): Promise<OwnInvite> {
  const keys = await inviteKeys(invite);
  return { ...withKeys(invite, keys), note: await sealInviteNote(keys, name) };
}

function withKeys(invite: Invite, keys: InviteKeys): Omit<OwnInvite, 'note'> {
  return { id: toHex(keys.id), invite, keys, status: { kind: 'live' }, hidden: false, knock: false, told: false };
}

export function inviteView({ id, invite, knock }: OwnInvite): InviteView {
  return { id, link: inviteLink(invite), expiry: invite.expiry, knock };
}

/** Whether someone may come in by an invite: it is live by our clock, or it was they who used it. */
export function verdictOn({ status, invite }: OwnInvite, joiner: Bytes, now: number): 'welcome' | Verdict {
  if (status.kind === 'used') return equal(status.by, joiner) ? 'welcome' : 'used';
  if (status.kind === 'cancelled') return 'cancelled';
  return now > invite.expiry ? 'expired' : 'welcome';
}

async function decode(record: Bytes, origin: string, inviter: Bytes): Promise<OwnInvite> {
  const { secret, expiry, ...kept } = decodeInvite(record);
  const invite = { origin, secret, inviter, expiry };
  return { ...withKeys(invite, await inviteKeys(invite)), ...kept };
}

/** The book of our invites. Every change is durable before it is visible, and they are made one at a time. */
export class InviteBook {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #turns: Serial;
  readonly #byId: Map<string, OwnInvite>;

  private constructor(store: Store, vault: Vault, turns: Serial, invites: readonly OwnInvite[]) {
    this.#store = store;
    this.#vault = vault;
    this.#turns = turns;
    this.#byId = new Map(invites.map((own) => [own.id, own]));
  }

  /**
   * Opens the book, and forgets what expired long ago.
   * @param turns - shared with whatever else changes invites. @param now - unix ms. @throws DamagedRecord
   */
  static async open(
    store: Store,
    vault: Vault,
    turns: Serial,
    { origin, inviter, now }: { origin: string; inviter: Bytes; now: number },
  ): Promise<InviteBook> {
    const records = await store.list(INVITE_PREFIX, MAX_INVITES);
    const all = await Promise.all(
      records.map(async ([key, record]) => ({ key, own: await decode(record, origin, inviter) })),
    );
    const stale = all.filter(({ own }) => now > own.invite.expiry + KEPT_AFTER_EXPIRY);
    if (stale.length > 0) await store.write(new Map(stale.map(({ key }) => [key, undefined])));
    const kept = all.filter((one) => !stale.includes(one));
    return new InviteBook(
      store,
      vault,
      turns,
      kept.map(({ own }) => own),
    );
  }

  get(id: string): OwnInvite | undefined {
    return this.#byId.get(id);
  }

  /** Those that someone may still come in by. */
  pending(now: number): InviteView[] {
    return [...this.#byId.values()]
      .filter(({ status, told, invite }) => status.kind === 'live' && told && now <= invite.expiry)
      .map(inviteView);
  }

  /** Those that somebody came in by. */
  usedBy(guest: Bytes): OwnInvite[] {
    return [...this.#byId.values()].filter(({ status }) => status.kind === 'used' && equal(status.by, guest));
  }

  /** Those of whose status our server has not heard. */
  untold(): OwnInvite[] {
    return [...this.#byId.values()].filter(({ told }) => !told);
  }

  async add(own: OwnInvite): Promise<void> {
    await this.#turns.run(() => this.#put(own));
  }

  /** Changes an invite, from what it is when its turn comes. @param change - gives `undefined` to leave it so. */
  update(id: string, change: (known: OwnInvite) => OwnInvite | undefined): Promise<void> {
    return this.#turns.run(async () => {
      const known = this.get(id);
      const own = known && change(known);
      if (own) await this.#put(own);
    });
  }

  /** The record of an invite, for a turn that writes it together with others. */
  async record(own: OwnInvite): Promise<[key: string, value: Bytes]> {
    return [INVITE_PREFIX + (await hiddenName(this.#vault, own.keys.id)), encodeInvite({ ...own.invite, ...own })];
  }

  /** Keeps an invite whose `record` that turn has written. */
  keep(own: OwnInvite): void {
    this.#byId.set(own.id, own);
  }

  /** Nobody asks any more: the secrets of our invites are overwritten. */
  close(): void {
    for (const { invite, keys } of this.#byId.values()) wipeInvite(invite, keys);
    this.#byId.clear();
  }

  async #put(own: OwnInvite): Promise<void> {
    await this.#store.write(new Map([await this.record(own)]));
    this.keep(own);
  }
}
