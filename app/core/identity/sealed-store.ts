/** A store whose values are sealed under a vault, each bound to its place, on top of one that keeps the ciphertext. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord, StorageError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Changes, Store } from '../base/store.ts';
import { wipe } from '../crypto/wipe.ts';
import { openRecord, sealRecord } from './record.ts';
import { FORMER_KEY_PLACE, SLOT_PREFIX, VAULT_PREFIX, type Vault } from './vault.ts';

/** Records sealed again in one write. */
const PAGE = 50;

export interface SealedStore extends Store {
  /** Whether records are left that were sealed before the vault's key was changed. */
  readonly isUnfinished: boolean;
  /** Changes the vault while nothing is being written. @param change - gives the vault as it is from then on. */
  alter(change: (vault: Vault) => Promise<Vault>): Promise<void>;
  /**
   * Seals again, under the vault's newest key, what is still sealed under the former one; others may write meanwhile. May be
   * broken off, and begun again later. @param onprogress - told how many records have been looked at
   */
  sealAgain(onprogress?: (records: number) => void): Promise<void>;
  /** Closes the store below, and overwrites the vault's keys. */
  close(): void;
}

/** What whoever uses the store has nothing to do with: some of it is not sealed, or under another key. */
function isVaultsOwn(place: string): boolean {
  return place.startsWith(SLOT_PREFIX) || place.startsWith(VAULT_PREFIX);
}

/**
 * Reading a record that does not open throws DamagedRecord. A listing passes over slots, and over what is the vault's own.
 * @param opened - the vault, whose keys are the store's from now on.
 */
export function sealStore(store: Store, opened: Vault): SealedStore {
  let vault = opened;
  let closed = false;
  // Writes are sealed side by side, and done in the order they were asked for; a record is read, sealed again and written
  // in one turn, so that nothing newer is written over.
  const turns = new Serial();
  const reads = new Set<Promise<unknown>>();

  /** Keys that were overwritten would seal for everybody. */
  const stillOpen = () => {
    if (closed) throw new StorageError('failed');
  };

  /** What is read while the last page is sealed again may need the former key a moment longer. */
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    stillOpen();
    const pending = read();
    reads.add(pending);
    try {
      return await pending;
    } finally {
      reads.delete(pending);
    }
  };

  const openEither = async (place: string, record: Bytes): Promise<Bytes> => {
    const { recordKey, formerKey } = vault;
    const value =
      (await openRecord(recordKey, place, record)) ?? (formerKey && (await openRecord(formerKey, place, record)));
    stillOpen();
    if (!value) throw new DamagedRecord();
    return value;
  };

  const write = async (changes: Changes) => {
    stillOpen();
    await store.write(changes);
  };

  /** @returns the place of the last record looked at, and how many there were; none once all were. */
  const sealPage = async (before: string | undefined) => {
    stillOpen();
    const records = await store.list('', PAGE, before);
    const changes = new Map<string, Bytes>();
    for (const [place, record] of records) {
      if (isVaultsOwn(place)) continue;
      if (await openRecord(vault.recordKey, place, record)) continue;
      changes.set(place, await sealRecord(vault.recordKey, place, await openEither(place, record)));
    }
    if (changes.size > 0) await write(changes);
    return { last: records.at(-1)?.[0], count: records.length };
  };

  return {
    get isUnfinished() {
      return vault.formerKey !== undefined;
    },
    get: (place) =>
      reading(async () => {
        const record = await store.get(place);
        return record && openEither(place, record);
      }),
    async write(changes) {
      stillOpen();
      const { recordKey } = vault;
      const sealed = [...changes].map(
        async ([place, value]) => [place, value && (await sealRecord(recordKey, place, value))] as const,
      );
      const records = Promise.all(sealed);
      await turns.run(async () => write(new Map(await records)));
    },
    list: (prefix, limit, before) =>
      reading(async () => {
        const records = await store.list(prefix, limit, before);
        return Promise.all(
          records
            .filter(([place]) => !isVaultsOwn(place))
            .map(async ([place, record]): Promise<[string, Bytes]> => [place, await openEither(place, record)]),
        );
      }),
    alter: (change) =>
      turns.run(async () => {
        stillOpen();
        const next = await change(vault);
        if (next === vault) return;
        // The name key stays what it was, and whoever makes hidden names keeps the array that holds it.
        wipe(vault.key, next.nameKey, ...(next.formerKey ? [vault.recordKey] : []));
        vault = { ...next, nameKey: vault.nameKey };
        if (closed) wipeVault(vault);
      }),
    async sealAgain(onprogress) {
      const { formerKey } = vault;
      if (!formerKey) return;
      let last: string | undefined;
      let seen = 0;
      do {
        const page = await turns.run(() => sealPage(last));
        last = page.last;
        onprogress?.((seen += page.count));
      } while (last !== undefined);
      await Promise.allSettled(reads);
      await turns.run(() => write(new Map([[FORMER_KEY_PLACE, undefined]])));
      vault = { ...vault, formerKey: undefined };
      wipe(formerKey);
    },
    close() {
      closed = true;
      wipeVault(vault);
      store.close();
    },
  };
}

function wipeVault({ key, recordKey, nameKey, formerKey }: Vault): void {
  wipe(key, recordKey, nameKey, ...(formerKey ? [formerKey] : []));
}
