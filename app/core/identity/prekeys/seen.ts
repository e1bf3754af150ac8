/**
 * The parcels without one-time key that were opened, by their X25519 keys: nothing else keeps the same parcel from
 * opening again, as long as the signed prekey is kept.
 */
import type { Bytes } from '../../../../signal/wire/bytes.ts';
import { MAX_PARCELS } from '../../../../signal/wire/limits.ts';
import type { Changes, Store } from '../../base/store.ts';
import { hiddenName, type Vault } from '../vault.ts';
import { SEEN, seenPlace } from './prekey-records.ts';

/** Parcels without one-time key that are opened for one bundle, no fewer than an inbox holds; further ones are not. */
const MAX_SEEN = MAX_PARCELS;
const PAGE = 1024;

export class SeenParcels {
  readonly #store: Store;
  readonly #vault: Vault;
  /** How many there are of each bundle, by its name, and where the last is that was asked for: it may have been written since. */
  readonly #counts = new Map<string, { readonly count: number; readonly last: string | undefined }>();

  constructor(store: Store, vault: Vault) {
    this.#store = store;
    this.#vault = vault;
  }

  /** Whether this parcel was opened. */
  async has(name: string, ephemeral: Bytes): Promise<boolean> {
    return (await this.#store.get(await this.#placeOf(name, ephemeral))) !== undefined;
  }

  /** Whether there was no room for the last parcel of a bundle. */
  isFull(name: string): boolean {
    return this.#counts.get(name)?.count === MAX_SEEN;
  }

  /** @returns what remembers a parcel of a bundle; `undefined` if it was seen before, or there is no room for it. */
  async remember(name: string, ephemeral: Bytes): Promise<Changes | undefined> {
    if (await this.has(name, ephemeral)) return undefined;
    const count = await this.#count(name);
    const place = count < MAX_SEEN ? await this.#placeOf(name, ephemeral) : undefined;
    this.#counts.set(name, { count, last: place });
    return place === undefined ? undefined : new Map([[place, SEEN]]);
  }

  /** Deletes everything of a bundle, of which nothing is opened any more: in parts, as one write of so much takes long. */
  async forget(name: string): Promise<void> {
    const places = await this.#placesOf(name);
    for (let i = 0; i < places.length; i += PAGE) {
      await this.#store.write(new Map(places.slice(i, i + PAGE).map((place) => [place, undefined])));
    }
  }

  async #placesOf(name: string): Promise<string[]> {
    const places: string[] = [];
    for (;;) {
      const page = await this.#store.list(seenPlace(name), PAGE, places.at(-1));
      places.push(...page.map(([place]) => place));
      if (page.length < PAGE) return places;
    }
  }

  async #placeOf(name: string, ephemeral: Bytes): Promise<string> {
    return seenPlace(name, await hiddenName(this.#vault, ephemeral));
  }

  /** All are read only once: what does not open is never written, and must not have them counted again. */
  async #count(name: string): Promise<number> {
    const known = this.#counts.get(name);
    if (!known) return Math.min((await this.#placesOf(name)).length, MAX_SEEN);
    const wasWritten = known.last !== undefined && (await this.#store.get(known.last)) !== undefined;
    return known.count + (wasWritten ? 1 : 0);
  }
}
