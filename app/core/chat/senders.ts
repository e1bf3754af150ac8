/**
 * Who may leave parcels for us, as our server is told: everyone we know, also those who are blocked, as they shall not
 * notice. Whoever was deleted stands in a record of their own until the server has heard that they may not any more.
 *
 *     record  version u8 = 1 | fingerprint 32
 */
import { ByteReader, concat, toHex, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { FINGERPRINT_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import type { Contacts } from './contacts.ts';
import type { ParcelRequests } from './parcel-requests.ts';

const VERSION = 1;
const PREFIX = 'former-sender/';
const MAX_FORMER = 10_000;

export class Senders {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #contacts: Contacts;
  readonly #telling = new Serial();
  /** Those who were deleted, by their fingerprints in hexadecimal. */
  readonly #former: Map<string, Bytes>;
  /** Whom our server has heard of since we are signed in. */
  readonly #told = new Set<string>();

  private constructor(store: Store, vault: Vault, contacts: Contacts, former: readonly Bytes[]) {
    this.#store = store;
    this.#vault = vault;
    this.#contacts = contacts;
    this.#former = new Map(former.map((fingerprint) => [toHex(fingerprint), fingerprint]));
  }

  /** @throws DamagedRecord */
  static async open(store: Store, vault: Vault, contacts: Contacts): Promise<Senders> {
    const records = await store.list(PREFIX, MAX_FORMER);
    const former = records.map(([, record]) => decode(record));
    return new Senders(store, vault, contacts, former);
  }

  /** The record of somebody who is being deleted, for the write that does it. */
  async removal(fingerprint: Bytes): Promise<[key: string, value: Bytes]> {
    return [await this.#place(fingerprint), concat(u8(VERSION), fingerprint)];
  }

  /** Somebody was deleted, and their `removal` is written. */
  removed(fingerprint: Bytes): void {
    this.#former.set(toHex(fingerprint), fingerprint);
    this.#told.delete(toHex(fingerprint));
  }

  /** We have signed in anew: our server may be another than it was. */
  forgetTold(): void {
    this.#told.clear();
  }

  /** Whether there is something that our server has not heard. */
  get untold(): boolean {
    return this.#former.size > 0 || this.#contacts.all().some(({ id }) => !this.#told.has(id));
  }

  /** Tells our server what it has not heard. @throws Unreachable, Refused, StorageError */
  tell(requests: Pick<ParcelRequests, 'senders'>): Promise<void> {
    return this.#telling.run(async () => {
      if (!this.untold) return;
      const known = this.#contacts.all();
      const ids = new Set(known.map(({ id }) => id));
      const fresh = known.filter(({ id }) => !this.#told.has(id));
      const former = [...this.#former];
      const gone = former.filter(([id]) => !ids.has(id)).map(([, fingerprint]) => fingerprint);
      await requests.senders(
        fresh.map(({ fingerprint }) => fingerprint),
        gone,
      );
      for (const { id } of fresh) this.#told.add(id);
      await this.#forgetFormer(former.map(([, fingerprint]) => fingerprint));
    });
  }

  /** Our server keeps no parcels: there is nobody to be told, and no word is kept of whom we deleted. @throws StorageError */
  forgetFormer(): Promise<void> {
    return this.#telling.run(() => this.#forgetFormer([...this.#former.values()]));
  }

  async #forgetFormer(former: readonly Bytes[]): Promise<void> {
    if (former.length === 0) return;
    const places = await Promise.all(former.map((fingerprint) => this.#place(fingerprint)));
    await this.#store.write(new Map(places.map((place) => [place, undefined])));
    for (const fingerprint of former) this.#former.delete(toHex(fingerprint));
  }

  async #place(fingerprint: Bytes): Promise<string> {
    return PREFIX + (await hiddenName(this.#vault, fingerprint));
  }
}

function decode(record: Bytes): Bytes {
  const reader = new ByteReader(record);
  const [version, fingerprint] = [reader.u8(), reader.take(FINGERPRINT_BYTES)];
  if (!reader.done() || version !== VERSION) throw new DamagedRecord();
  return fingerprint;
}
