import { describe, expect, it } from 'vitest';
import { concat, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../../../app/core/base/errors.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault, hiddenName, openVault } from '../../../app/core/identity/vault.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { memoryStore } from '../../parts/memory-store.ts';

/** A store with a vault over records that the test can reach. */
async function sealed() {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  const vault = await createVault(raw);
  return { records, raw, vault, store: sealStore(raw, vault) };
}

const put = (...pairs: [string, Bytes | undefined][]) => new Map(pairs);

describe('a vault', () => {
  it('opens again and reads what it sealed', async () => {
    const { raw, store } = await sealed();
    await store.write(put(['contact/1', utf8('Ann')]));
    const again = sealStore(raw, (await openVault(raw))!);
    expect(await again.get('contact/1')).toEqual(utf8('Ann'));
    expect(await again.list('contact/', 9)).toEqual([['contact/1', utf8('Ann')]]);
  });

  it('is not there in an empty store', async () => {
    expect(await openVault(memoryStore())).toBeUndefined();
  });

  it('shows nothing of a record to whoever has only the disk, and never the same twice', async () => {
    const { records, store } = await sealed();
    await store.write(put(['a', utf8('a secret text')]));
    const first = records.get('a')!;
    await store.write(put(['a', utf8('a secret text')]));
    expect(Buffer.from(first).includes('secret')).toBe(false);
    expect(records.get('a')).not.toEqual(first);
  });

  it('binds each record to its place', async () => {
    const { records, store } = await sealed();
    await store.write(put(['log/a', utf8('mine')], ['log/b', utf8('theirs')]));
    records.set('log/a', records.get('log/b')!);
    await expect(store.get('log/a')).rejects.toThrow(DamagedRecord);
    await expect(store.list('log/', 9)).rejects.toThrow(DamagedRecord);
    expect(await store.get('log/b')).toEqual(utf8('theirs'));
  });

  it('does not read the records of another vault', async () => {
    const [one, other] = [await sealed(), await sealed()];
    await one.store.write(put(['a', utf8('mine')]));
    await expect(sealStore(one.raw, other.vault).get('a')).rejects.toThrow(DamagedRecord);
  });

  it('does not read a record with any bit flipped, cut short, or of another version', async () => {
    const { records, store } = await sealed();
    await store.write(put(['a', utf8('whole')]));
    const record = records.get('a')!;
    for (let bit = 0; bit < 8 * record.length; bit++) {
      records.set('a', flipBit(record, bit));
      await expect(store.get('a')).rejects.toThrow(DamagedRecord);
    }
    for (let length = 0; length < record.length; length++) {
      records.set('a', record.slice(0, length));
      await expect(store.get('a')).rejects.toThrow(DamagedRecord);
    }
  });

  it('does not open by a slot of another kind, version or length', async () => {
    const { records, raw } = await sealed();
    const slot = records.get('slot/0')!;
    expect(slot.length).toBe(34);
    const others = [
      concat(u8(2), slot.slice(1)),
      concat(u8(1), u8(1), slot.slice(2)),
      slot.slice(1),
      concat(slot, u8(0)),
    ];
    for (const other of [...others, new Uint8Array(0)]) {
      records.set('slot/0', other);
      await expect(openVault(raw)).rejects.toThrow(DamagedRecord);
    }
  });

  it('gives names that stay the same in it, differ in another, and reveal nothing', async () => {
    const [one, other] = [await sealed(), await sealed()];
    const name = await hiddenName(one.vault, utf8('Ann'));
    expect(await hiddenName((await openVault(one.raw))!, utf8('Ann'))).toBe(name);
    expect(await hiddenName(one.vault, utf8('Bob'))).not.toBe(name);
    expect(await hiddenName(other.vault, utf8('Ann'))).not.toBe(name);
    expect(name).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});
