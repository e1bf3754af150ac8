import { describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord, StorageError } from '../../../app/core/base/errors.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { changeKey, type NewSlot } from '../../../app/core/identity/protection.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault, FORMER_KEY_PLACE, hiddenName, readSlots, unlockVault } from '../../../app/core/identity/vault.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const ZEROS = new Uint8Array(32);
const byCode = (): NewSlot => ({ way: { kind: 'recovery' }, secret: randomBytes(16) });

/** An open profile's store with 120 records. */
async function profile() {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  const vault = await createVault(raw);
  const store = sealStore(raw, vault);
  const values = Array.from(
    { length: 120 },
    (_, index) => [`log/${String(index).padStart(4, '0')}`, utf8(`text ${index}`)] as const,
  );
  await store.write(new Map(values));
  return { records, raw, vault, store, values };
}

describe('a store whose vault changes its key', () => {
  it('goes on under the new key at once, and everything opens by the new way alone once all is sealed again', async () => {
    const { records, raw, vault, store, values } = await profile();
    const former = vault.recordKey.slice();
    const slot = byCode();
    const name = await hiddenName(vault, utf8('Ann'));
    const before = store.write(new Map([['log/0001', utf8('before')]]));
    const changing = store.alter((now) => changeKey(raw, now, new Set(), [slot]));
    const meanwhile = store.write(new Map([['log/0002', utf8('meanwhile')]]));
    await Promise.all([before, changing, meanwhile]);
    expect(store.isUnfinished).toBe(true);
    await store.write(new Map([['log/0003', utf8('after')]]));
    const sealing = store.sealAgain();
    const read = store.list('log/', 1000);
    const expected = values.map(([place, value], index) => [
      place,
      [undefined, utf8('before'), utf8('meanwhile'), utf8('after')][index] ?? value,
    ]);
    expect((await read).reverse()).toEqual(expected);
    await sealing;
    expect(store.isUnfinished).toBe(false);
    expect((await store.list('log/', 1000)).reverse()).toEqual(expected);
    expect(await hiddenName(vault, utf8('Ann'))).toBe(name);
    const again = (await unlockVault(raw, (await readSlots(raw)).get(0)!, slot.secret))!;
    expect((await sealStore(raw, again).list('log/', 1000)).reverse()).toEqual(expected);
    await expect(sealStore(raw, { ...again, recordKey: former }).list('log/', 1000)).rejects.toThrow(DamagedRecord);
    expect(records.has(FORMER_KEY_PLACE)).toBe(false);
  });

  it('stays as it was if the change could not be written', async () => {
    const { records, raw, store, values } = await profile();
    const before = new Map(records);
    const full = { ...raw, write: () => Promise.reject(new StorageError('full')) };
    await expect(store.alter((now) => changeKey(full, now, new Set(), [byCode()]))).rejects.toThrow(StorageError);
    expect(records).toEqual(before);
    expect(store.isUnfinished).toBe(false);
    expect((await store.list('log/', 1000)).reverse()).toEqual(values);
  });

  it('overwrites the key before, and the former key once it has served', async () => {
    const { raw, vault, store } = await profile();
    let former: Bytes | undefined;
    await store.alter(async (now) => {
      const next = await changeKey(raw, now, new Set(), [byCode()]);
      former = next.formerKey;
      return next;
    });
    expect([vault.key, vault.recordKey]).toEqual([ZEROS, ZEROS]);
    expect(former).not.toEqual(ZEROS);
    await store.sealAgain();
    expect(former).toEqual(ZEROS);
  });
});

describe('a store that was closed', () => {
  it('holds no key any more, nor one it was changed to', async () => {
    const { raw, vault, store } = await profile();
    const keys = [vault.nameKey];
    await store.alter(async (now) => {
      const next = await changeKey(raw, now, new Set(), [byCode()]);
      keys.push(next.key, next.recordKey, next.formerKey!);
      return next;
    });
    for (const key of keys) expect(key).not.toEqual(ZEROS);
    store.close();
    for (const key of keys) expect(key).toEqual(ZEROS);
  });

  it('writes nothing more, not even what was being sealed', async () => {
    const { records, raw, store } = await profile();
    await store.alter((now) => changeKey(raw, now, new Set(), [byCode()]));
    const before = new Map(records);
    const doomed = [store.write(new Map([['log/9999', utf8('late')]])), store.sealAgain(), store.get('log/0001')];
    store.close();
    for (const outcome of await Promise.allSettled(doomed)) expect(outcome.status).toBe('rejected');
    await expect(store.write(new Map([['log/9999', utf8('later')]]))).rejects.toThrow(StorageError);
    expect(records).toEqual(before);
  });
});
