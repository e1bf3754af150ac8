/**
 * Our own prekeys: for which others seal parcels while we are away. Private keys stay on this device, are read when a
 * parcel comes, and are gone once used or once their time is over.
 *
 * Whoever collects parcels finds what opens one, writes what it spends together with what was in it, and only then takes it
 * from the server, as `chat/collecting.ts` does. One parcel after the other: two that are opened side by side may be the
 * same one.
 */
import { openBundle } from '../../../../signal/wire/bundle.ts';
import type { Bytes } from '../../../../signal/wire/bytes.ts';
import type { Card } from '../../../../signal/wire/card.ts';
import { sha256, type PrivateKey } from '../../../../signal/wire/keys.ts';
import { DamagedRecord } from '../../base/errors.ts';
import { Serial } from '../../base/serial.ts';
import type { Changes, Store } from '../../base/store.ts';
import { prekeyOf, type PrivatePrekeys } from '../../crypto/prekey.ts';
import { wipe } from '../../crypto/wipe.ts';
import { hiddenName, type Vault } from '../vault.ts';
import { makeBundle, publicHalves, type Publication } from './make-bundle.ts';
import {
  BUNDLE_PREFIX,
  bundlePlace,
  decodeBundleRecord,
  decodeOneTimeRecord,
  encodeBundleRecord,
  encodeOneTimeRecord,
  oneTimePlace,
} from './prekey-records.ts';
import { SeenParcels } from './seen.ts';
import { hasServed, isShort, MAX_OWN_BUNDLES, nextSequence, overdue, type Dated, type Stock } from './service.ts';

/** What a parcel says of the prekeys that it was sealed for. */
interface PrekeysAskedFor {
  readonly bundleHash: Bytes;
  /** Of the one-time key; `undefined` without one. */
  readonly index: number | undefined;
  readonly ephemeral: Bytes;
}

/** The private prekeys of a parcel, and what uses them up. */
export interface FoundPrekeys {
  /** For `openParcel`, which overwrites them. */
  readonly prekeys: PrivatePrekeys;
  /** To be written together with what the parcel brought: the one-time key goes, or else the parcel's key is remembered. */
  readonly spend: Changes;
}

interface OwnBundle extends Dated {
  /** Hidden, for its places. */
  readonly name: string;
  readonly count: number;
}

interface Owner {
  readonly card: Card;
  readonly signKey: PrivateKey;
}

/** The book of our prekeys. What it changes is durable before it is told. */
export class OwnPrekeys {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #us: Owner;
  readonly #turns = new Serial();
  readonly #seen: SeenParcels;
  /** The newest last. */
  #bundles: readonly OwnBundle[];

  private constructor(store: Store, vault: Vault, us: Owner, bundles: readonly OwnBundle[]) {
    this.#store = store;
    this.#vault = vault;
    this.#us = us;
    this.#seen = new SeenParcels(store, vault);
    this.#bundles = bundles;
  }

  /**
   * Opens the book; a profile that has none yet, or was restored, has an empty one.
   * @param store - the sealed one. @throws DamagedRecord
   */
  static async open(store: Store, vault: Vault, us: Owner): Promise<OwnPrekeys> {
    const records = await store.list(BUNDLE_PREFIX, MAX_OWN_BUNDLES + 1);
    const bundles = await Promise.all(records.map(([place, record]) => ownBundle(place, record, us)));
    bundles.sort((a, b) => a.sequence - b.sequence);
    return new OwnPrekeys(store, vault, us, bundles);
  }

  /**
   * What is to be published now, after the server has told its stock; `undefined` if it has all it needs. Ask after each
   * sign-in, and once an hour. The secrets are durable before this resolves. What was not published after all, because
   * the connection broke, is given again. Overdue keys are deleted on the way.
   * @param now - unix ms. @throws StorageError
   */
  publication(stock: Stock, now: number): Promise<Publication | undefined> {
    return this.#turns.run(async () => {
      await this.#prune(now);
      const newest = this.#bundles.at(-1);
      if (newest && !hasServed(newest, now)) {
        const again = stock.sequence < newest.sequence ? await this.#again(newest) : undefined;
        if (again) return again;
        if (!isShort(newest, stock, this.isFull, now)) return undefined;
      }
      return this.#fresh(stock, now);
    });
  }

  /**
   * Deletes the private keys whose time is over: 21 days after a newer bundle was made, 28 days after their own. Call it
   * when the profile is opened, before anything is collected. @param now - unix ms. @throws StorageError
   */
  prune(now: number): Promise<void> {
    return this.#turns.run(() => this.#prune(now));
  }

  /**
   * The private prekeys that a parcel asks for. Nothing is changed until `spend` is written.
   * @returns `undefined` if they are gone, or were never there: the one-time key is used up, the bundle is not ours any
   *   more, or, without one-time key, a parcel of this very X25519 key was opened before, or too many were.
   * @throws DamagedRecord, StorageError
   */
  async find(parcel: PrekeysAskedFor): Promise<FoundPrekeys | undefined> {
    const name = await hiddenName(this.#vault, parcel.bundleHash);
    const { index } = parcel;
    if (!this.#bundles.some((bundle) => bundle.name === name)) return undefined;
    const record = await this.#store.get(bundlePlace(name));
    if (!record) return undefined;
    if (index === undefined) {
      const spend = await this.#seen.remember(name, parcel.ephemeral);
      return spend && { prekeys: { signed: await signedPrekey(record), oneTime: undefined }, spend };
    }
    const place = oneTimePlace(name, index);
    const kept = await this.#store.get(place);
    if (!kept) return undefined;
    const secret = decodeOneTimeRecord(kept);
    const prekeys = { signed: await signedPrekey(record), oneTime: await prekeyOf(secret) };
    wipe(secret);
    return { prekeys, spend: new Map([[place, undefined]]) };
  }

  /** Uses up the prekeys of a parcel that opened, and of which nothing is kept. @throws StorageError */
  useUp(spend: Changes): Promise<void> {
    return this.#store.write(spend);
  }

  /**
   * Whether a parcel that `find` found nothing for was opened before, as far as that can be told: its one-time key was used
   * up, or, without one, its X25519 key is remembered.
   */
  async wasOpened(parcel: PrekeysAskedFor): Promise<boolean> {
    const name = await hiddenName(this.#vault, parcel.bundleHash);
    const bundle = this.#bundles.find((one) => one.name === name);
    if (!bundle) return false;
    return parcel.index === undefined ? this.#seen.has(name, parcel.ephemeral) : parcel.index < bundle.count;
  }

  /** Whether the newest bundle opens no more parcels without one-time key, as one that came has shown. */
  get isFull(): boolean {
    const newest = this.#bundles.at(-1);
    return newest !== undefined && this.#seen.isFull(newest.name);
  }

  /** A bundle that the server has not got, as it was made; `undefined` if one of its keys was used already. */
  async #again({ name, count }: OwnBundle): Promise<Publication | undefined> {
    const record = await this.#store.get(bundlePlace(name));
    const places = Array.from({ length: count }, (_, index) => oneTimePlace(name, index));
    const kept = (await Promise.all(places.map((place) => this.#store.get(place)))).filter((one) => one !== undefined);
    if (!record || kept.length < count) return undefined;
    const { bundle, secret } = decodeBundleRecord(record);
    const secrets = kept.map(decodeOneTimeRecord);
    const keys = await publicHalves(secrets);
    wipe(secret, ...secrets);
    return { bundle, keys };
  }

  async #fresh(stock: Stock, now: number): Promise<Publication> {
    const sequence = nextSequence(this.#bundles.at(-1), stock, now);
    const { publication, signed, oneTime } = await makeBundle(
      { fingerprint: this.#us.card.fingerprint, signKey: this.#us.signKey },
      sequence,
      now,
    );
    const { bundle } = publication;
    const name = await hiddenName(this.#vault, await sha256(bundle));
    const records = new Map([[bundlePlace(name), encodeBundleRecord({ made: now, bundle, secret: signed })]]);
    oneTime.forEach((secret, index) => records.set(oneTimePlace(name, index), encodeOneTimeRecord(secret)));
    await this.#store.write(records).finally(() => wipe(signed, ...oneTime, ...records.values()));
    this.#bundles = [...this.#bundles, { name, sequence, made: now, count: oneTime.length }];
    await this.#prune(now);
    return publication;
  }

  async #prune(now: number): Promise<void> {
    for (const bundle of overdue(this.#bundles, now)) {
      const { name, count } = bundle;
      // First of all nothing opens for it. If this is interrupted, it goes when the book is opened again, as its record is there.
      this.#bundles = this.#bundles.filter((one) => one !== bundle);
      await this.#seen.forget(name);
      const places = [bundlePlace(name), ...Array.from({ length: count }, (_, index) => oneTimePlace(name, index))];
      await this.#store.write(new Map(places.map((place) => [place, undefined])));
    }
  }
}

async function ownBundle(place: string, record: Bytes, { card }: Owner): Promise<OwnBundle> {
  const { made, bundle: bytes, secret } = decodeBundleRecord(record);
  wipe(secret);
  const bundle = await openBundle(bytes, card.verifyKey);
  if (!bundle) throw new DamagedRecord();
  const name = place.slice(BUNDLE_PREFIX.length);
  return { name, sequence: bundle.sequence, made, count: bundle.oneTimeHashes.length };
}

async function signedPrekey(record: Bytes) {
  const { secret } = decodeBundleRecord(record);
  const prekey = await prekeyOf(secret);
  wipe(secret);
  return prekey;
}
