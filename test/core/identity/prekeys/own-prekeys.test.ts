/** Our own prekeys: published when due, there until used, gone in time. */
import { describe, expect, it, vi } from 'vitest';
import { openBundle } from '../../../../signal/wire/bundle.ts';
import { concat, toBase64Url, toHex, u8, type Bytes } from '../../../../signal/wire/bytes.ts';
import { sha256 } from '../../../../signal/wire/keys.ts';
import { DamagedRecord, StorageError } from '../../../../app/core/base/errors.ts';
import type { Changes } from '../../../../app/core/base/store.ts';
import { sealStore } from '../../../../app/core/identity/sealed-store.ts';
import { memoryStore } from '../../../parts/memory-store.ts';
import { MAX_BUNDLE_LIFETIME, MAX_ONE_TIME_KEYS, MAX_PARCELS } from '../../../../signal/wire/limits.ts';
import { publicHalf } from '../../../../app/core/crypto/prekey.ts';
import { randomBytes } from '../../../../app/core/crypto/random.ts';
import { OwnPrekeys } from '../../../../app/core/identity/prekeys/own-prekeys.ts';
import { makeBundle, type Publication } from '../../../../app/core/identity/prekeys/make-bundle.ts';
import { DAY, identityOf, NOW } from '../../../parts/identities.ts';
import { NO_STOCK, published, type Published } from '../../../parts/parcels.ts';

const HOUR = DAY / 24;

async function bundleOf({ identity }: Published, { bundle }: Publication) {
  return (await openBundle(bundle, identity.card.verifyKey))!;
}

/** What the server says once it has this. */
async function stockOf(of: Published, publication: Publication, left = MAX_ONE_TIME_KEYS) {
  return { sequence: (await bundleOf(of, publication)).sequence, left };
}

/** What a parcel says of the prekeys that it was sealed for. */
async function askedFor({ bundle }: Publication, index: number | undefined, ephemeral = randomBytes(32)) {
  return { bundleHash: await sha256(bundle), index, ephemeral };
}

const reopened = ({ store, vault, identity }: Published) => OwnPrekeys.open(store, vault, identity);
const places = ({ records }: Published) => [...records.keys()].filter((place) => place.startsWith('prekey/'));

describe('a bundle of ours', () => {
  it('is signed, good for three weeks, and names fifty keys, which go with it', async () => {
    const ann = await published('Ann');
    const bundle = await bundleOf(ann, ann.publication);
    expect(bundle.fingerprint).toEqual(ann.identity.card.fingerprint);
    expect([bundle.sequence, bundle.expiry]).toEqual([NOW, NOW + MAX_BUNDLE_LIFETIME]);
    expect(ann.publication.keys).toHaveLength(MAX_ONE_TIME_KEYS);
    expect(await Promise.all(ann.publication.keys.map((key) => sha256(key)))).toEqual(bundle.oneTimeHashes);
    expect(new Set(ann.publication.keys.map(toHex)).size).toBe(MAX_ONE_TIME_KEYS);
  });

  it('is not told to anybody before it is on the disk', async () => {
    const { store, vault, identity } = await published('Ann');
    const disk = new Map<string, Bytes>();
    const empty = sealStore(memoryStore(disk), vault);
    let began = (): void => undefined;
    let release = (): void => undefined;
    const writing = new Promise<void>((resolve) => (began = resolve));
    const gate = new Promise<void>((resolve) => (release = resolve));
    const write = async (changes: Changes) => {
      began();
      await gate;
      await empty.write(changes);
    };
    let told = false;
    const book = await OwnPrekeys.open({ ...empty, write }, vault, identity);
    const publishing = book.publication(NO_STOCK, NOW).finally(() => (told = true));
    await writing;
    // All that is left to do without the disk takes no turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(false);
    release();
    await publishing;
    expect(disk.size).toBe(MAX_ONE_TIME_KEYS + 1);
    const full = { ...store, write: () => Promise.reject(new StorageError('full')), list: async () => [] };
    const failing = await OwnPrekeys.open(full, vault, identity);
    await expect(failing.publication(NO_STOCK, NOW)).rejects.toThrow(StorageError);
  });

  it('is there with its keys after a restart', async () => {
    const ann = await published('Ann');
    const { signed } = (await ann.prekeys.find(await askedFor(ann.publication, undefined)))!.prekeys;
    expect(toHex(ann.publication.bundle)).toContain(toHex(publicHalf(signed)));
    const again = await reopened(ann);
    for (const index of [0, 9, 49]) {
      const found = (await again.find(await askedFor(ann.publication, index)))!.prekeys;
      expect(publicHalf(found.oneTime!)).toEqual(ann.publication.keys[index]);
      expect(publicHalf(found.signed)).toEqual(publicHalf(signed));
    }
  });

  it('lets go of the thread after every key that it is made of', async () => {
    let turn = 0;
    let making = true;
    const count = () => {
      turn++;
      if (making) setImmediate(count);
    };
    setImmediate(count);
    const begun: number[] = [];
    const importKey = crypto.subtle.importKey.bind(crypto.subtle) as (...how: unknown[]) => unknown;
    const spy = vi.spyOn(crypto.subtle, 'importKey').mockImplementation(((...how: unknown[]) => {
      if (how[0] === 'pkcs8' && how[2] === 'X25519') begun.push(turn);
      return importKey(...how);
    }) as typeof crypto.subtle.importKey);
    try {
      await makeBundle({ fingerprint: randomBytes(32), signKey: (await identityOf('Ann')).signKey }, NOW, NOW);
    } finally {
      making = false;
      spy.mockRestore();
    }
    // With every key its X25519 half comes first: none begins in the turn in which another began.
    expect(begun).toHaveLength(MAX_ONE_TIME_KEYS + 1);
    expect(new Set(begun).size).toBe(begun.length);
  });

  it('is named on the disk by nothing that the server knows', async () => {
    const ann = await published('Ann');
    const { ephemeral, ...parcel } = await askedFor(ann.publication, undefined);
    await ann.store.write((await ann.prekeys.find({ ...parcel, ephemeral }))!.spend);
    const names = places(ann).join();
    expect(places(ann)).toHaveLength(MAX_ONE_TIME_KEYS + 2);
    for (const known of [parcel.bundleHash, ephemeral, ann.identity.card.fingerprint]) {
      expect(names).not.toContain(toBase64Url(known).slice(0, 10));
      expect(names).not.toContain(toHex(known).slice(0, 10));
    }
  });
});

describe('what is to be published', () => {
  it('is nothing, while the server has the newest bundle and keys of it', async () => {
    const ann = await published('Ann');
    expect(await ann.prekeys.publication(await stockOf(ann, ann.publication), NOW)).toBeUndefined();
    const late = NOW + 7 * DAY - 1;
    expect(await ann.prekeys.publication(await stockOf(ann, ann.publication, 10), late)).toBeUndefined();
  });

  it('is the very same again, if it did not reach the server, also after a restart', async () => {
    const ann = await published('Ann');
    expect(await ann.prekeys.publication(NO_STOCK, NOW + 1)).toEqual(ann.publication);
    expect(await (await reopened(ann)).publication(NO_STOCK, NOW + DAY)).toEqual(ann.publication);
    expect(places(ann)).toHaveLength(MAX_ONE_TIME_KEYS + 1);
  });

  it('is another bundle after a week, and the one before goes on opening what comes', async () => {
    const ann = await published('Ann');
    const next = (await ann.prekeys.publication(await stockOf(ann, ann.publication), NOW + 7 * DAY))!;
    expect((await bundleOf(ann, next)).sequence).toBe(NOW + 7 * DAY);
    expect(next.keys.map(toHex)).not.toContain(toHex(ann.publication.keys[0]!));
    for (const publication of [ann.publication, next]) {
      expect(await ann.prekeys.find(await askedFor(publication, 0))).toBeDefined();
    }
  });

  it('is another one earlier if fewer than ten keys are left, or the server has another; but none within an hour', async () => {
    const ann = await published('Ann');
    const { sequence } = await stockOf(ann, ann.publication);
    for (const stock of [
      { sequence, left: 9 },
      { sequence: sequence + 1, left: 50 },
    ]) {
      expect(await ann.prekeys.publication(stock, NOW + HOUR - 1)).toBeUndefined();
    }
    const next = (await ann.prekeys.publication({ sequence, left: 9 }, NOW + HOUR))!;
    expect((await bundleOf(ann, next)).sequence).toBe(NOW + HOUR);
    const more = { sequence: NOW + HOUR + 5, left: 50 };
    expect(await ann.prekeys.publication(more, NOW + 2 * HOUR - 1)).toBeUndefined();
    const last = (await ann.prekeys.publication(more, NOW + 2 * HOUR))!;
    expect((await bundleOf(ann, last)).sequence).toBe(NOW + 2 * HOUR);
  });

  it('is another one, not the same with fewer keys, if the server lost one of which a key was used', async () => {
    const ann = await published('Ann');
    await ann.store.write((await ann.prekeys.find(await askedFor(ann.publication, 0)))!.spend);
    expect(await ann.prekeys.publication(NO_STOCK, NOW + HOUR - 1)).toBeUndefined();
    const next = (await ann.prekeys.publication(NO_STOCK, NOW + HOUR))!;
    expect(next.keys).toHaveLength(MAX_ONE_TIME_KEYS);
    expect(next.bundle).not.toEqual(ann.publication.bundle);
  });

  it('has a higher sequence than all before, whatever the clock says; but not one that a server made up', async () => {
    const ann = await published('Ann');
    const back = NOW - 400 * DAY;
    const next = (await ann.prekeys.publication(await stockOf(ann, ann.publication), back))!;
    expect((await bundleOf(ann, next)).sequence).toBe(NOW + 1);
    // A restored device knows no bundle of its own.
    const restored = async (sequence: number) => {
      const bob = await published('Bob', NOW, { sequence, left: 50 });
      return (await bundleOf(bob, bob.publication)).sequence;
    };
    expect(await restored(NOW + HOUR)).toBe(NOW + HOUR + 1);
    expect(await restored(Number.MAX_SAFE_INTEGER)).toBe(NOW);
  });
});

describe('the private prekeys of a parcel', () => {
  it('are not there for a bundle or an index that never was', async () => {
    const ann = await published('Ann');
    const parcel = await askedFor(ann.publication, 3);
    expect(await ann.prekeys.find({ ...parcel, bundleHash: randomBytes(32) })).toBeUndefined();
    expect(await ann.prekeys.find({ ...parcel, index: 50 })).toBeUndefined();
    expect(await ann.prekeys.find({ ...parcel, index: -1 })).toBeUndefined();
  });

  it('are used up by the write that keeps the message, and by no other', async () => {
    const ann = await published('Ann');
    const parcel = await askedFor(ann.publication, 3);
    const found = (await ann.prekeys.find(parcel))!;
    expect(await ann.prekeys.find(parcel)).toBeDefined();
    await ann.store.write(found.spend);
    expect(await ann.prekeys.find(parcel)).toBeUndefined();
    expect(await (await reopened(ann)).find(parcel)).toBeUndefined();
    expect(await ann.prekeys.find({ ...parcel, index: 4 })).toBeDefined();
  });

  it('open one parcel of each X25519 key, where there is no one-time key', async () => {
    const ann = await published('Ann');
    const parcel = await askedFor(ann.publication, undefined);
    await ann.store.write((await ann.prekeys.find(parcel))!.spend);
    expect(await ann.prekeys.find(parcel)).toBeUndefined();
    expect(await (await reopened(ann)).find(parcel)).toBeUndefined();
    expect(await ann.prekeys.find(await askedFor(ann.publication, undefined))).toBeDefined();
  });

  it('open at most 20,000 without one-time key for each bundle; those that did not open do not count', async () => {
    const ann = await published('Ann');
    const parcel = await askedFor(ann.publication, undefined);
    const [place] = [...(await ann.prekeys.find(parcel))!.spend.keys()];
    const folder = place!.slice(0, place!.lastIndexOf('/') + 1);
    const fill = (from: number, to: number) =>
      ann.store.write(new Map(Array.from({ length: to - from }, (_, i) => [`${folder}${from + i}`, u8(1)])));
    await fill(0, MAX_PARCELS - 2);
    const book = await reopened(ann);
    const stranger = await askedFor(ann.publication, undefined);
    for (let i = 0; i < 5; i++) {
      expect(await book.find(parcel)).toBeDefined();
      expect(await book.find(stranger)).toBeDefined();
    }
    for (let i = 0; i < 2; i++) {
      expect(book.isFull).toBe(false);
      await ann.store.write((await book.find(await askedFor(ann.publication, undefined)))!.spend);
    }
    for (const full of [book, await reopened(ann)]) {
      expect(await full.find(parcel)).toBeUndefined();
      expect(await full.find(parcel)).toBeUndefined();
      // It was not opened before: there is no room for it.
      expect([await full.wasOpened(parcel), full.isFull]).toEqual([false, true]);
      expect(await full.find(await askedFor(ann.publication, 0))).toBeDefined();
    }
    const stock = await stockOf(ann, ann.publication);
    expect(await book.publication(stock, NOW + HOUR - 1)).toBeUndefined();
    const fresh = (await book.publication(stock, NOW + HOUR))!;
    expect(book.isFull).toBe(false);
    expect(await book.find(await askedFor(fresh, undefined))).toBeDefined();
  });

  it('were used, or there was no room for them, or they never were: that is told apart', async () => {
    const ann = await published('Ann');
    const [with3, without] = [await askedFor(ann.publication, 3), await askedFor(ann.publication, undefined)];
    expect(await ann.prekeys.wasOpened(without)).toBe(false);
    for (const parcel of [with3, without]) {
      await ann.store.write((await ann.prekeys.find(parcel))!.spend);
      expect(await ann.prekeys.wasOpened(parcel)).toBe(true);
      expect(await ann.prekeys.wasOpened({ ...parcel, bundleHash: randomBytes(32) })).toBe(false);
    }
    expect(await ann.prekeys.wasOpened({ ...with3, index: 50 })).toBe(false);
    expect(await ann.prekeys.wasOpened({ ...without, ephemeral: randomBytes(32) })).toBe(false);
  });

  it('are deleted three weeks after a newer bundle was made, and four weeks after their own', async () => {
    const ann = await published('Ann');
    const next = (await ann.prekeys.publication(await stockOf(ann, ann.publication, 0), NOW + DAY))!;
    const [old, fresh] = [await askedFor(ann.publication, undefined), await askedFor(next, 0)];
    await ann.store.write((await ann.prekeys.find(old))!.spend);
    const later = { ...old, ephemeral: randomBytes(32) };
    await ann.prekeys.prune(NOW + 22 * DAY - 1);
    expect(await ann.prekeys.find(later)).toBeDefined();
    await ann.prekeys.prune(NOW + 22 * DAY);
    expect(await ann.prekeys.find(later)).toBeUndefined();
    expect(places(ann)).toHaveLength(MAX_ONE_TIME_KEYS + 1);
    await ann.prekeys.prune(NOW + 29 * DAY - 1);
    expect(await ann.prekeys.find(fresh)).toBeDefined();
    await ann.prekeys.prune(NOW + 29 * DAY);
    expect(await ann.prekeys.find(fresh)).toBeUndefined();
    expect(places(ann)).toEqual([]);
  });

  it('are kept of sixteen bundles at most, however often the server runs out', async () => {
    const ann = await published('Ann');
    const all = [ann.publication];
    for (let hour = 1; hour <= 16; hour++) {
      const stock = await stockOf(ann, all.at(-1)!, 0);
      all.push((await ann.prekeys.publication(stock, NOW + hour * HOUR))!);
    }
    expect(places(ann)).toHaveLength(16 * (MAX_ONE_TIME_KEYS + 1));
    expect(await ann.prekeys.find(await askedFor(all[0]!, 0))).toBeUndefined();
    for (const publication of all.slice(1)) {
      expect(await ann.prekeys.find(await askedFor(publication, 0))).toBeDefined();
    }
  }, 30_000);

  it('do not serve for longer because a clock was ahead when they were made', async () => {
    const ahead = NOW + 1000 * DAY;
    const ann = await published('Ann', ahead);
    const next = (await ann.prekeys.publication(await stockOf(ann, ann.publication), NOW))!;
    expect((await bundleOf(ann, next)).sequence).toBe(ahead + 1);
    await ann.prekeys.prune(NOW + 21 * DAY);
    expect(await ann.prekeys.find(await askedFor(ann.publication, 0))).toBeUndefined();
    expect(await ann.prekeys.find(await askedFor(next, 0))).toBeDefined();
  });
});

describe('a record of prekeys', () => {
  it('that cannot be read stops the profile, and is left', async () => {
    const ann = await published('Ann');
    const bundlePlace = places(ann).find((place) => place.startsWith('prekey/bundle/'))!;
    const record = (await ann.store.get(bundlePlace))!;
    const oneTimePlace = places(ann).find((place) => place.endsWith('/03'))!;
    for (const damaged of [record.slice(1), concat(record, u8(0)), concat(u8(2), record.slice(1))]) {
      await ann.store.write(new Map([[bundlePlace, damaged]]));
      await expect(reopened(ann)).rejects.toThrow(DamagedRecord);
      await expect(ann.prekeys.find(await askedFor(ann.publication, 3))).rejects.toThrow(DamagedRecord);
    }
    const forged = record.slice();
    forged[100]! ^= 1;
    await ann.store.write(new Map([[bundlePlace, forged]]));
    await expect(reopened(ann)).rejects.toThrow(DamagedRecord);
    await ann.store.write(
      new Map([
        [bundlePlace, record],
        [oneTimePlace, u8(1)],
      ]),
    );
    await expect(ann.prekeys.find(await askedFor(ann.publication, 3))).rejects.toThrow(DamagedRecord);
  });
});
