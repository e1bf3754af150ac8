import { expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord, StorageError } from '../../../app/core/base/errors.ts';
import { Settings } from '../../../app/core/chat/settings.ts';
import { memoryStore } from '../../parts/memory-store.ts';

it('what was chosen is there when the profile is opened again; at first others may see what was read', async () => {
  const records = new Map<string, Bytes>();
  const settings = await Settings.open(memoryStore(records));
  expect(settings.choices).toEqual({ readReceipts: true });
  expect(records.size).toBe(0);
  for (const readReceipts of [false, true, false]) {
    await settings.change({ readReceipts });
    expect((await Settings.open(memoryStore(records))).choices).toEqual({ readReceipts });
  }
});

it('a choice that could not be kept does not take effect', async () => {
  const store = { ...memoryStore(), write: () => Promise.reject(new StorageError('full')) };
  const settings = await Settings.open(store);
  await expect(settings.change({ readReceipts: false })).rejects.toThrow(StorageError);
  expect(settings.choices).toEqual({ readReceipts: true });
});

it('a record that cannot be read stops the profile from opening', async () => {
  const records = new Map<string, Bytes>();
  await (await Settings.open(memoryStore(records))).change({ readReceipts: false });
  const [place] = records.keys();
  for (const damaged of [[], [1], [2, 0], [1, 0xff], [1, 0, 0]]) {
    records.set(place!, Uint8Array.from(damaged));
    await expect(Settings.open(memoryStore(records))).rejects.toThrow(DamagedRecord);
  }
});
