/**
 * The invites we made, one sealed record each. A spent or cancelled one is kept until it expires, so that whoever comes
 * with it later can be told why it does not work.
 *
 *     record  version u8 = 1 | secret 32 | expiry u64 | status u8 | 1 (spent): fingerprint 32 | told u8
 */
import { ByteReader, concat, equal, toHex, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import type { Store } from '../base/store.ts';
import { inviteKeys, inviteLink, type Invite, type InviteKeys } from '../identity/invite.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import type { InviteView } from './views.ts';

const VERSION = 1;
const PREFIX = 'invite/';
const MAX_INVITES = 10_000;
/** How long somebody who comes too late can still be told so. */
const KEPT_AFTER_EXPIRY = 30 * 24 * 60 * 60 * 1000;

export type InviteStatus =
  | { readonly kind: 'live' }
  /** `told`: our server knows who came by it. */
  | { readonly kind: 'spent'; readonly by: Bytes; readonly told: boolean }
  | { readonly kind: 'cancelled' };

export interface OwnInvite {
  /** The invite's id in hexadecimal. */
  readonly id: string;
  readonly invite: Invite;
  readonly keys: InviteKeys;
  readonly status: InviteStatus;
}

function encode({ invite, status }: OwnInvite): Bytes {
  const start = concat(u8(VERSION), invite.secret, u64(invite.expiry));
  if (status.kind === 'spent') return concat(start, u8(1), status.by, u8(status.told ? 1 : 0));
  return concat(start, u8(status.kind === 'live' ? 0 : 2));
}

function readStatus(reader: ByteReader): InviteStatus | undefined {
  const kind = reader.u8();
  if (kind === 0) return { kind: 'live' };
  if (kind === 1) return { kind: 'spent', by: reader.take(32), told: reader.u8() === 1 };
  return kind === 2 ? { kind: 'cancelled' } : undefined;
}

async function decode(record: Bytes, origin: string, us: Bytes): Promise<OwnInvite> {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const [secret, expiry] = [reader.take(32), reader.u64()];
  const status = readStatus(reader);
  if (!reader.done() || version !== VERSION || !status) throw new DamagedRecord();
  return ownInvite({ origin, secret, fingerprint: us, inviter: toHex(us), expiry }, status);
}

export async function ownInvite(invite: Invite, status: InviteStatus = { kind: 'live' }): Promise<OwnInvite> {
  const keys = await inviteKeys(invite);
  return { id: toHex(keys.id), invite, keys, status };
}

/** Whether someone may come in by an invite: it is live by our clock, or it was they who spent it. */
export function verdict(own: OwnInvite, joiner: Bytes, now: number): 'welcome' | 'used' | 'expired' | 'removed' {
  const { status, invite } = own;
  if (status.kind === 'spent') return equal(status.by, joiner) ? 'welcome' : 'used';
  if (status.kind === 'cancelled') return 'removed';
  return now > invite.expiry ? 'expired' : 'welcome';
}

export class InviteBook {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #byId: Map<string, OwnInvite>;

  private constructor(store: Store, vault: Vault, invites: readonly OwnInvite[]) {
    this.#store = store;
    this.#vault = vault;
    this.#byId = new Map(invites.map((own) => [own.id, own]));
  }

  /** Opens the book, and forgets what expired long ago. @throws DamagedRecord */
  static async open(store: Store, vault: Vault, origin: string, us: Bytes, now: number): Promise<InviteBook> {
    const records = await store.list(PREFIX, MAX_INVITES);
    const all = await Promise.all(
      records.map(async ([key, record]) => ({ key, own: await decode(record, origin, us) })),
    );
    const stale = all.filter(({ own }) => now > own.invite.expiry + KEPT_AFTER_EXPIRY);
    if (stale.length > 0) await store.write(new Map(stale.map(({ key }) => [key, undefined])));
    const kept = all.filter((one) => !stale.includes(one));
    return new InviteBook(
      store,
      vault,
      kept.map(({ own }) => own),
    );
  }

  get(id: string): OwnInvite | undefined {
    return this.#byId.get(id);
  }

  /** Those that someone may still come in by. */
  pending(now: number): InviteView[] {
    return [...this.#byId.values()]
      .filter(({ status, invite }) => status.kind === 'live' && now <= invite.expiry)
      .map(({ id, invite }) => ({ id, link: inviteLink(invite), expiry: invite.expiry }));
  }

  /** Those spent that our server has not been told of. */
  untold(): OwnInvite[] {
    return [...this.#byId.values()].filter(({ status }) => status.kind === 'spent' && !status.told);
  }

  /** The record of an invite, to be written together with others. */
  async change(own: OwnInvite): Promise<[key: string, value: Bytes]> {
    return [PREFIX + (await hiddenName(this.#vault, own.keys.id)), encode(own)];
  }

  /** Keeps an invite whose `change` has been written. */
  keep(own: OwnInvite): void {
    this.#byId.set(own.id, own);
  }

  async put(own: OwnInvite): Promise<void> {
    await this.#store.write(new Map([await this.change(own)]));
    this.keep(own);
  }
}
