/**
 * The parcels without one-time key that were opened, by their X25519 keys: nothing else keeps the same parcel from
 * opening again, as long as the signed prekey is kept.
 */
import type { Bytes } from '../../../../signal/wire/bytes.ts';
import type { Changes, Store } from '../../base/store.ts';
import { hiddenName, type Vault } from '../vault.ts';
import { SEEN, seenPlace } from './prekey-records.ts';

/** Parcels without one-time key that are opened for one bundle; further ones are not. */
const MAX_SEEN = 4096;
const PAGE = 256;

export class SeenParcels {
  readonly #store: Store;
  readonly #vault: Vault;
  /** How many there may be of each bundle, by its name: counted when asked for, not when written. */
  readonly #counts = new Map<string, number>();

  constructor(store: Store, vault: Vault) {
    this.#store = store;
    this.#vault = vault;
  }

  /** @returns what remembers a parcel of a bundle; `undefined` if it was seen before, or there is no room for it. */
  async remember(name: string, ephemeral: Bytes): Promise<Changes | undefined> {
    const place = seenPlace(name, await hiddenName(this.#vault, ephemeral));
    const seen = await this.#store.get(place);
    return seen || !(await this.#hasRoom(name)) ? undefined : new Map([[place, SEEN]]);
  }

  /** Where everything of a bundle stands. */
  async placesOf(name: string): Promise<string[]> {
    const places: string[] = [];
    for (;;) {
      const page = await this.#store.list(seenPlace(name), PAGE, places.at(-1));
      places.push(...page.map(([place]) => place));
      if (page.length < PAGE) return places;
    }
  }

  /** What was asked for and never written counts until the limit is reached; then all are counted again. */
  async #hasRoom(name: string): Promise<boolean> {
    let count = this.#counts.get(name);
    if (count === undefined || count === MAX_SEEN) count = (await this.placesOf(name)).length;
    const hasRoom = count < MAX_SEEN;
    this.#counts.set(name, hasRoom ? count + 1 : Infinity);
    return hasRoom;
  }
}
