/** Who we are changes one step at a time, and not before the step is durable. */
import { beforeAll, describe, expect, it } from 'vitest';
import { DamagedRecord, StorageError } from '../../../app/core/base/errors.ts';
import type { Store } from '../../../app/core/base/store.ts';
import { OwnIdentity } from '../../../app/core/chat/own-identity.ts';
import { openIdentity, type Identity } from '../../../app/core/identity/identity.ts';
import { decodeIdentity, IDENTITY_PLACE } from '../../../app/core/identity/identity-record.ts';
import { DAY, identityOf, NOW, recordOf } from '../../parts/identities.ts';
import { memoryStore } from '../../parts/memory-store.ts';

let ann: Identity;
beforeAll(async () => {
  ann = await identityOf('Ann');
});

/** Ann, on a disk, with a clock in the test's hand. */
async function setUp(disk: (store: Store) => Store = (store) => store) {
  const records = new Map([[IDENTITY_PLACE, (await recordOf('Ann')).slice()]]);
  const clock = { now: NOW };
  const own = new OwnIdentity({ identity: ann, store: disk(memoryStore(records)), now: () => clock.now });
  const kept = () => decodeIdentity(records.get(IDENTITY_PLACE)!);
  return { own, clock, records, kept };
}

describe('a change of who we are', () => {
  it('is durable, and then there', async () => {
    const { own, clock, records, kept } = await setUp();
    clock.now = NOW + DAY;
    await own.rename('Anne');
    await own.renewKey();
    expect([own.current.name, kept().name]).toEqual(['Anne', 'Anne']);
    expect(own.current.card.bytes).toEqual(kept().card);
    expect(own.current.card.sequence).toBe(NOW + DAY);
    const { name, card, formerKeys } = await openIdentity(records.get(IDENTITY_PLACE)!);
    expect([name, card.bytes, formerKeys.length]).toEqual(['Anne', own.current.card.bytes, 1]);
  });

  it('has no effect before it is durable', async () => {
    let settle: () => void = () => undefined;
    const written = new Promise<void>((resolve) => (settle = resolve));
    let began: () => void = () => undefined;
    const writing = new Promise<void>((resolve) => (began = resolve));
    const { own } = await setUp((store) => ({
      ...store,
      write: async (changes) => (began(), await written, store.write(changes)),
    }));
    const renaming = own.rename('Anne');
    await writing;
    expect(own.current.name).toBe('Ann');
    settle();
    await renaming;
    expect(own.current.name).toBe('Anne');
  });

  it('changes nothing if it cannot be kept, and the next may', async () => {
    let full = true;
    const { own, kept } = await setUp((store) => ({
      ...store,
      write: (changes) => (full ? Promise.reject(new StorageError('full')) : store.write(changes)),
    }));
    await expect(own.renewKey()).rejects.toThrow(StorageError);
    expect(own.current).toBe(ann);
    full = false;
    await own.rename('Anne');
    expect([own.current.name, kept().former.length]).toEqual(['Anne', 0]);
  });

  it('waits for the one before, so that neither is lost', async () => {
    const { own, kept } = await setUp();
    await Promise.all([own.renewKey(), own.rename('Anne'), own.renewKey()]);
    expect(kept()).toMatchObject({ name: 'Anne' });
    expect(kept().former).toHaveLength(2);
    expect(own.current.card.sequence).toBe(NOW + 2);
  });

  it('is refused where there is no record, and makes none', async () => {
    const { own, records } = await setUp();
    records.clear();
    await expect(own.renewKey()).rejects.toThrow(DamagedRecord);
    expect(records.size).toBe(0);
  });
});

describe('what time asks for', () => {
  it('is a fresh key after a year, once', async () => {
    const { own, clock } = await setUp();
    expect(await own.keepFresh()).toBe(false);
    expect(own.current).toBe(ann);
    clock.now = NOW + 366 * DAY;
    expect(await own.keepFresh()).toBe(true);
    expect(own.current.card.sequence).toBe(NOW + 366 * DAY);
    expect(await own.keepFresh()).toBe(false);
  });

  it('is the end of a former key after 28 days: it is tried no more at once, and then deleted', async () => {
    const { own, clock, kept } = await setUp();
    await own.renewKey();
    clock.now = NOW + 28 * DAY;
    await own.keepFresh();
    expect([own.current.formerKeys.length, kept().former.length]).toEqual([1, 1]);
    clock.now++;
    expect([own.current.formerKeys.length, kept().former.length]).toEqual([0, 1]);
    await own.keepFresh();
    expect(kept().former).toEqual([]);
  });
});
