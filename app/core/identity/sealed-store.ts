/** A store whose values are sealed under a vault, each bound to its place, on top of one that keeps the ciphertext. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Changes, Store } from '../base/store.ts';
import { openRecord, sealRecord } from './record.ts';
import { FORMER_KEY_PLACE, SLOT_PREFIX, VAULT_PREFIX, type Vault } from './vault.ts';

/** Records sealed again in one write. */
const PAGE = 50;

export interface SealedStore extends Store {
  /**
   * Seals again, under the vault's newest key, what is still sealed under the former one; others may write meanwhile. May be
   * broken off, and begun again later. @param onprogress - told how many records have been looked at
   */
  sealAgain(onprogress?: (records: number) => void): Promise<void>;
}

/** Reading a record that does not open throws DamagedRecord. */
export function sealStore(store: Store, vault: Vault): SealedStore {
  const { recordKey, formerKey } = vault;
  // Writes are sealed side by side, and done in the order they were asked for; a record is read, sealed again and written
  // in one turn, so that nothing newer is written over.
  const turns = new Serial();

  const openEither = async (place: string, record: Bytes): Promise<Bytes> => {
    const value =
      (await openRecord(recordKey, place, record)) ?? (formerKey && (await openRecord(formerKey, place, record)));
    if (!value) throw new DamagedRecord();
    return value;
  };

  /** @returns the place of the last record looked at, and how many there were; none once all were. */
  const sealPage = async (before: string | undefined) => {
    const records = await store.list('', PAGE, before);
    const changes = new Map<string, Bytes>();
    for (const [place, record] of records) {
      if (place.startsWith(SLOT_PREFIX) || place.startsWith(VAULT_PREFIX)) continue;
      if (await openRecord(recordKey, place, record)) continue;
      changes.set(place, await sealRecord(recordKey, place, await openEither(place, record)));
    }
    if (changes.size > 0) await store.write(changes);
    return { last: records.at(-1)?.[0], count: records.length };
  };

  return {
    async get(place) {
      const record = await store.get(place);
      return record && openEither(place, record);
    },
    async write(changes: Changes) {
      const sealed = [...changes].map(
        async ([place, value]) => [place, value && (await sealRecord(recordKey, place, value))] as const,
      );
      const records = Promise.all(sealed);
      await turns.run(async () => store.write(new Map(await records)));
    },
    async list(prefix, limit, before) {
      const records = await store.list(prefix, limit, before);
      return Promise.all(
        records.map(async ([place, record]): Promise<[string, Bytes]> => [place, await openEither(place, record)]),
      );
    },
    async sealAgain(onprogress) {
      if (!formerKey) return;
      let last: string | undefined;
      let seen = 0;
      do {
        const page = await turns.run(() => sealPage(last));
        last = page.last;
        onprogress?.((seen += page.count));
      } while (last !== undefined);
      await store.write(new Map([[FORMER_KEY_PLACE, undefined]]));
    },
    close: () => store.close(),
  };
}
