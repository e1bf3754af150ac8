import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { FINGERPRINT_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../../../app/core/base/errors.ts';
import { Serial } from '../../../app/core/base/serial.ts';
import { HandleBook, MAX_HANDLE_KEYS, MAX_HANDLES, type KnownHandle } from '../../../app/core/chat/handle-book.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault } from '../../../app/core/identity/vault.ts';
import { damaged } from '../../parts/arbitrary.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const key = (n: number): string => toHex(new Uint8Array(FINGERPRINT_BYTES).fill(n));
const known = (handle: string, changes: Partial<KnownHandle> = {}): KnownHandle => ({
  handle,
  ours: false,
  changeSeen: false,
  looked: 5,
  keys: [key(1)],
  ...changes,
});

/** A book over records that outlive it; unsealed unless asked. */
async function setUp(sealed = false) {
  const records = new Map<string, Bytes>();
  const vault = await createVault(memoryStore());
  const store = sealed ? sealStore(memoryStore(records), vault) : memoryStore(records);
  const open = () => HandleBook.open(store, vault, new Serial());
  return { records, open };
}

describe('the book of handles', () => {
  it('is the same when it is opened again', async () => {
    const { open } = await setUp();
    const book = await open();
    const all = [
      known('ann', { looked: 1, keys: [] }),
      known('bob', { looked: 2, changeSeen: true, keys: Array.from({ length: MAX_HANDLE_KEYS }, (_, i) => key(i)) }),
      known('cat', { looked: 3, ours: true }),
    ];
    for (const one of all) await book.update(one.handle, () => one);
    expect((await open()).all()).toEqual(all);
    expect((await open()).own).toBe('cat');
  });

  it('tells nobody who reads the disk which handles are in it', async () => {
    const { records, open } = await setUp(true);
    const book = await open();
    await book.update('ann-of-green-gables', () => known('ann-of-green-gables'));
    const [[place, record]] = [...records] as [[string, Bytes]];
    expect(place).toMatch(/^handle\/[\w-]{22}$/);
    expect(Buffer.from(record).toString('latin1')).not.toContain('ann-of');
  });

  it('forgets the handle not looked up for longest beyond MAX_HANDLES, and never our own', async () => {
    const { records, open } = await setUp();
    const book = await open();
    await book.update('mine', () => known('mine', { ours: true, looked: 0 }));
    const others = Array.from({ length: MAX_HANDLES }, (_, i) => `h${i}`);
    for (const [i, handle] of others.slice(0, -2).entries())
      await book.update(handle, () => known(handle, { looked: 1000 - i }));
    expect(book.all()).toHaveLength(MAX_HANDLES - 1);
    const oldest = book.all()[1]!.handle;
    await book.update(others.at(-2)!, () => known(others.at(-2)!, { looked: 2000 }));
    expect(book.get(oldest)).toBeDefined();
    await book.update(others.at(-1)!, () => known(others.at(-1)!, { looked: 2001 }));
    expect(book.get(oldest)).toBeUndefined();
    expect([book.own, book.all().length, records.size]).toEqual(['mine', MAX_HANDLES, MAX_HANDLES]);
    // What is changed takes no more room.
    await book.update(others.at(-1)!, (one) => one && { ...one, looked: 2002 });
    expect((await open()).all()).toEqual(book.all());
    expect(records.size).toBe(MAX_HANDLES);
  });

  it('knows which handles have moved on, until that is seen; our own does not count', async () => {
    const { open } = await setUp();
    const book = await open();
    await book.update('still', () => known('still', { keys: [key(1)] }));
    await book.update('moved', () => known('moved', { keys: [key(2), key(3), key(4)] }));
    await book.update('mine', () => known('mine', { ours: true, keys: [key(5), key(6)] }));
    const moved = new Map([
      [key(2), 'moved'],
      [key(3), 'moved'],
    ]);
    expect(book.moved).toEqual(moved);
    expect((await open()).moved).toEqual(moved);
    await book.update('moved', (one) => one && { ...one, changeSeen: true });
    expect([book.moved.size, (await open()).moved.size]).toEqual([0, 0]);
  });

  it('forgets a handle', async () => {
    const { records, open } = await setUp();
    const book = await open();
    await book.update('ann', () => known('ann'));
    await book.update('ann', () => undefined);
    expect([book.all(), records.size]).toEqual([[], 0]);
  });

  it('stops at a record that is damaged, whatever the damage, or reads another one of its form', async () => {
    const { records, open } = await setUp();
    await (await open()).update('ann', () => known('ann', { keys: [key(1), key(2)] }));
    const [[place, sound]] = [...records] as [[string, Bytes]];
    await fc.assert(
      fc.asyncProperty(damaged(sound), async (bytes) => {
        records.set(place, bytes);
        const opened = await open().catch((error: unknown) => error);
        if (opened instanceof HandleBook) expect(opened.all()).toHaveLength(1);
        else expect(opened).toBeInstanceOf(DamagedRecord);
      }),
      { numRuns: 2000 },
    );
  });
});
