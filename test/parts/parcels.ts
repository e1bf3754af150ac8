/** People who leave parcels for each other: their prekeys on a disk, and a server that hands them out. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { createVault, type Vault } from '../../app/core/identity/vault.ts';
import { OwnPrekeys } from '../../app/core/identity/prekeys/own-prekeys.ts';
import type { Publication } from '../../app/core/identity/prekeys/make-bundle.ts';
import type { Store } from '../../app/core/base/store.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { decodeParcel, type Parcel } from '../../app/core/session/parcel.ts';
import { openParcel, type OpenedParcel, type Trust } from '../../app/core/session/open-parcel.ts';
import { verifyPrekeys, type HandedPrekeys, type TheirPrekeys } from '../../app/core/session/seal-parcel.ts';
import { identityOf, NOW } from './identities.ts';
import { memoryStore } from './memory-store.ts';

/** What a server says of someone of whom it has no bundle. */
export const NO_STOCK = { sequence: 0, left: 0 };

/** Someone whose prekeys have been published. */
export interface Published {
  readonly identity: Identity;
  /** What reaches the disk. */
  readonly records: Map<string, Bytes>;
  readonly store: Store;
  readonly vault: Vault;
  readonly prekeys: OwnPrekeys;
  readonly publication: Publication;
}

/** A profile of this name, with prekeys that were made at `now`, when the server had this of its owner. */
export async function published(name: string, now = NOW, stock = NO_STOCK): Promise<Published> {
  const identity = await identityOf(name);
  const records = new Map<string, Bytes>();
  const vault = await createVault(memoryStore(records));
  const store = sealStore(memoryStore(records), vault);
  const prekeys = await OwnPrekeys.open(store, vault, identity);
  const publication = (await prekeys.publication(stock, now))!;
  return { identity, records, store, vault, prekeys, publication };
}

/** What the server answers to somebody who asks for prekeys. @param index - of the one-time key; `undefined` for none */
export function handedOut({ publication }: Published, index: number | undefined): HandedPrekeys {
  const key = index === undefined ? undefined : publication.keys[index];
  return { bundle: publication.bundle, oneTime: key && index !== undefined ? { index, key } : null };
}

/** The same, verified. */
export async function prekeysOf(of: Published, index: number | undefined, now = NOW): Promise<TheirPrekeys> {
  return (await verifyPrekeys(of.identity.card, handedOut(of, index), now))!;
}

/** What opens a parcel at its recipient, without using anything up. */
export async function tryToOpen(
  at: Published,
  bytes: Bytes,
  trust: Trust,
  now = NOW,
): Promise<OpenedParcel | undefined> {
  const parcel = decodeParcel(bytes);
  return parcel && tryParcel(at, parcel, trust, now);
}

export async function tryParcel(
  at: Published,
  parcel: Parcel,
  trust: Trust,
  now = NOW,
): Promise<OpenedParcel | undefined> {
  const found = await at.prekeys.find(parcel);
  return found && openParcel(at.identity, parcel, found.prekeys, trust, now);
}
