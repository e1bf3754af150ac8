import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../../../signal/wire/limits.ts';
import { ChatError } from '../../../app/core/base/errors.ts';
import type { Store } from '../../../app/core/base/store.ts';
import { CHUNK_BYTES, openChunk } from '../../../app/core/backup/chunk.ts';
import { encodeManifest, MAX_CHUNKS, openManifest, sealManifest } from '../../../app/core/backup/manifest.ts';
import { MANIFEST_NAME, PlaceError, type BackupPlace } from '../../../app/core/backup/place.ts';
import { findBackup, restoreInto, summaryOf } from '../../../app/core/backup/restore.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { IDENTITY_PLACE } from '../../../app/core/identity/identity-record.ts';
import { decodeInvite, encodeInvite, type InviteRecord } from '../../../app/core/identity/invite-record.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault } from '../../../app/core/identity/vault.ts';
import { erase } from '../../../app/core/log/erase.ts';
import {
  backedUp,
  contentsOf,
  logWith,
  newKeeper,
  newProfile,
  restored,
  textsIn,
  writeEach,
} from '../../parts/backups.ts';
import { BOB } from '../../parts/conversations.ts';
import { memoryPlace } from '../../parts/memory-place.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const LONG = 'A long text. '.repeat(2000);
const CARL: Bytes = new Uint8Array(32).fill(0xc);
const INVITE: InviteRecord = {
  secret: randomBytes(32),
  expiry: 1_800_000_000_000,
  note: utf8('Ann'),
  status: { kind: 'live' },
  hidden: false,
  knock: true,
  told: true,
};
const texts = (count: number, of = 'text') => Array.from({ length: count }, (_, index) => `${of} ${index}`);

/** A profile that talks with Bob, backed up once; `long` texts of 26,000 bytes after ten short ones. */
async function setUp(long = 0) {
  const profile = await newProfile('Ann');
  await profile.store.write(
    new Map([
      ['contact/one', utf8('a contact')],
      ['slot-like', utf8('no slot')],
      ['zebra', utf8('sorts last')],
      ['prekey/bundle/signed', utf8('a prekey')],
      ['settings/lock-after', Uint8Array.of(1, 5)],
      ['erasing/other', utf8('a note')],
      ['invite/live', encodeInvite(INVITE)],
      ['invite/used', encodeInvite({ ...INVITE, status: { kind: 'used', by: randomBytes(32) } })],
    ]),
  );
  const log = await logWith(profile, BOB);
  await writeEach(log, ...texts(10), ...texts(long, LONG));
  const keeper = await newKeeper();
  const chunks = new Map<string, Bytes>();
  const place = memoryPlace(chunks);
  const manifest = (await backedUp(profile, keeper, place, 1))!;
  return { profile, log, keeper, chunks, place, manifest };
}

/**
 * What a backup should bring back as it was: everything but what is the device's own, states of logs, which get a new chain,
 * invites that were live, and the identity, which gets a new key.
 */
function comparable(contents: Map<string, Bytes>): [string, Bytes][] {
  const own = /^(backup\/|prekey\/|invite\/live|erasing\/|settings\/lock-after|log-state\/|identity)/;
  return [...contents].filter(([place]) => !own.test(place));
}

/** Which names were put into a place, and which removed. */
function watched(place: BackupPlace) {
  const put: string[] = [];
  const removed: string[] = [];
  const watching: BackupPlace = {
    ...place,
    put: async (name, bytes) => {
      await place.put(name, bytes);
      put.push(name);
    },
    remove: async (name) => {
      await place.remove(name);
      removed.push(name);
    },
  };
  return { place: watching, put, removed };
}

describe('a backup', () => {
  it('brings back every record but what is the device’s own, under the hidden names that they had', async () => {
    const { profile, keeper, place } = await setUp(30);
    const again = await restored(place, keeper.secret);
    expect(comparable(await contentsOf(again))).toEqual(comparable(await contentsOf(profile)));
    const log = await logWith(again, BOB);
    expect(await textsIn(log)).toEqual([...texts(10), ...texts(30, LONG)]);
    const places = [...(await contentsOf(again)).keys()];
    expect(places.filter((one) => /^(prekey|erasing|settings)\//.test(one))).toEqual([]);
  });

  it('lets nobody in by an invite that lived: it is cancelled, which the server has yet to hear', async () => {
    const { keeper, place } = await setUp();
    const contents = await contentsOf(await restored(place, keeper.secret));
    const cancelled = { ...INVITE, status: { kind: 'cancelled' }, told: false };
    expect(decodeInvite(contents.get('invite/live')!)).toEqual(cancelled);
  });

  it('goes on with a chain of its own in every conversation', async () => {
    const { keeper, place, log } = await setUp();
    const again = await logWith(await restored(place, keeper.secret), BOB);
    expect(again.state.ours.chain).not.toEqual(log.state.ours.chain);
    expect(again.state.ours.seq).toBe(0);
    expect(again.state.next).toBe(log.state.next);
  });

  it('says whose it is, when it was made and which number it has, before anything is written', async () => {
    const { keeper, place, profile } = await setUp();
    await backedUp(profile, keeper, place, 2);
    expect(summaryOf(await findBackup(place, keeper.secret))).toMatchObject({
      counter: 2,
      date: 1_700_000_000_002,
      name: 'Ann',
      isProtected: false,
    });
  });

  it('sends only what changed: the end of the log that grew, and the manifest, last', async () => {
    const { profile, log, keeper, chunks, place, manifest } = await setUp(60);
    expect(manifest.chunks.filter(({ piece }) => piece).length).toBeGreaterThan(4);
    await writeEach(log, 'one more');
    const watch = watched(place);
    const next = (await backedUp(profile, keeper, watch.place, 2))!;
    expect(watch.put).toHaveLength(2);
    expect(watch.put.at(-1)).toBe(MANIFEST_NAME);
    expect(watch.removed).toHaveLength(1);
    expect(chunks.size).toBe(next.chunks.length + 1);
    expect(await textsIn(await logWith(await restored(place, keeper.secret), BOB))).toContain('one more');
  });

  it('sends nothing where nothing changed', async () => {
    const { profile, keeper, place } = await setUp(20);
    const watch = watched(place);
    expect(await backedUp(profile, keeper, watch.place, 2, false)).toBeUndefined();
    expect(watch.put).toEqual([]);
    expect(await backedUp(profile, keeper, watch.place, 2, true)).toMatchObject({ counter: 2 });
    expect(watch.put).toEqual([MANIFEST_NAME]);
  });

  it('goes on after a restore from what is there', async () => {
    const { keeper, place } = await setUp(60);
    const again = await restored(place, keeper.secret);
    await writeEach(await logWith(again, BOB), 'from the new device');
    const watch = watched(place);
    await backedUp(again, keeper, watch.place, 2);
    expect(watch.put).toHaveLength(2);
    expect(await textsIn(await logWith(await restored(place, keeper.secret), BOB))).toContain('from the new device');
  });

  it('goes on where it was interrupted', async () => {
    const { profile, log, keeper, place, chunks } = await setUp();
    await writeEach(log, ...texts(100, LONG));
    const before = new Map(chunks);
    let room = 5;
    const full: BackupPlace = {
      ...place,
      put: (name, bytes) => (room-- > 0 ? place.put(name, bytes) : Promise.reject(new PlaceError('full'))),
    };
    await expect(backedUp(profile, keeper, full, 2)).rejects.toThrow(PlaceError);
    // What was restorable still is.
    expect(chunks.get(MANIFEST_NAME)).toEqual(before.get(MANIFEST_NAME));
    expect(await textsIn(await logWith(await restored(place, keeper.secret), BOB))).toEqual(texts(10));
    const there = [...chunks.keys()].filter((name) => !before.has(name));
    expect(there).toHaveLength(5);
    const watch = watched(place);
    const manifest = (await backedUp(profile, keeper, watch.place, 2))!;
    expect(watch.put).toHaveLength(manifest.chunks.length + 1 - 5);
    expect(await textsIn(await logWith(await restored(place, keeper.secret), BOB))).toHaveLength(110);
    expect(chunks.size).toBe(manifest.chunks.length + 1);
  });

  it('puts again what the place has lost', async () => {
    const { profile, keeper, place, chunks } = await setUp(60);
    for (const name of chunks.keys()) if (name !== MANIFEST_NAME) chunks.delete(name);
    await backedUp(profile, keeper, place, 2, false);
    expect(await textsIn(await logWith(await restored(place, keeper.secret), BOB))).toHaveLength(70);
  });

  it('holds nothing of a conversation that was deleted, also if it began anew', async () => {
    const { profile, log, keeper, place, chunks } = await setUp(40);
    const erasure = await log.forget(new Map());
    await erase(profile.store, erasure);
    const anew = await logWith(profile, BOB);
    await writeEach(anew, ...texts(45, `${LONG} anew`));
    const manifest = (await backedUp(profile, keeper, place, 2))!;
    expect(chunks.size).toBe(manifest.chunks.length + 1);
    const held = await Promise.all(
      manifest.chunks.map(async ({ name }) => {
        const key = Buffer.from(name).toString('base64url');
        return Buffer.from((await openChunk(keeper.access.key, name, chunks.get(key)!))!).toString();
      }),
    );
    expect(held.join().includes('text 1')).toBe(false);
    expect(await textsIn(await logWith(await restored(place, keeper.secret), BOB))).toEqual(texts(45, `${LONG} anew`));
  });

  it('takes a log that is deleted meanwhile for deleted', async () => {
    const { profile, log, keeper, place } = await setUp(40);
    await writeEach(await logWith(profile, CARL), 'to Carl');
    let deleted = false;
    const store: Store = {
      ...profile.store,
      list: async (prefix, limit, before) => {
        if (prefix.startsWith('log/') && !deleted) {
          deleted = true;
          await erase(profile.store, await log.forget(new Map()));
        }
        return profile.store.list(prefix, limit, before);
      },
    };
    await backedUp({ ...profile, store }, keeper, memoryPlace(), 2);
    await backedUp(profile, keeper, place, 3);
    const again = await restored(place, keeper.secret);
    expect(await textsIn(await logWith(again, CARL))).toEqual(['to Carl']);
    expect(await textsIn(await logWith(again, BOB))).toEqual([]);
  });

  it('holds what was written while it was made only whole', async () => {
    const { profile, log, keeper, place } = await setUp(20);
    let more = 5;
    const store: Store = {
      ...profile.store,
      list: async (prefix, limit, before) => {
        if (prefix.startsWith('log/') && more-- > 0) await writeEach(log, `meanwhile ${more} ${LONG}`);
        return profile.store.list(prefix, limit, before);
      },
    };
    await backedUp({ ...profile, store }, keeper, place, 2);
    const again = await logWith(await restored(place, keeper.secret), BOB);
    expect((await textsIn(again)).length).toBeGreaterThanOrEqual(30);
  });

  it('shows whoever keeps it sizes in steps of 32 KiB, and random names', async () => {
    const { chunks } = await setUp(30);
    for (const [name, { length }] of chunks) {
      expect(length % (32 * 1024)).toBeLessThanOrEqual(69);
      expect(length).toBeLessThanOrEqual(CHUNK_BYTES + 32 * 1024);
      if (name !== MANIFEST_NAME) expect(name).toMatch(/^[A-Za-z0-9_-]{22}$/);
    }
    const all = Buffer.concat([...chunks.values()]);
    for (const clear of ['A long text', 'contact/']) expect(all.includes(clear)).toBe(false);
  });

  it('has room for the list of as many chunks as it may have', async () => {
    const { keeper, manifest } = await setUp();
    const piece = { log: 'x'.repeat(32), from: 1, next: 2, tip: randomBytes(32) };
    const chunk = { ...manifest.chunks[0]!, piece };
    const largest = { ...manifest, name: '😀'.repeat(64), chunks: Array.from({ length: MAX_CHUNKS }, () => chunk) };
    const sealed = await sealManifest(keeper.access, largest);
    expect(sealed.length).toBeLessThanOrEqual(MAX_BACKUP_CHUNK_BYTES);
    expect(encodeManifest((await openManifest(keeper.access.key, sealed))!)).toEqual(encodeManifest(largest));
  });
});

describe('a restore', () => {
  it('refuses another recovery code, in a sentence', async () => {
    const { place } = await setUp();
    await expect(restored(place, randomBytes(16))).rejects.toThrow(/does not open with this recovery code/);
  });

  it('says if there is no backup, or one that was never finished', async () => {
    const { keeper, place, chunks } = await setUp();
    await expect(restored(memoryPlace(), keeper.secret)).rejects.toThrow(/no finished backup/);
    chunks.delete(MANIFEST_NAME);
    await expect(restored(place, keeper.secret)).rejects.toThrow(/no finished backup/);
  });

  /** Tries to restore from changed chunks into a new disk. @returns the sentence, and whether an identity was written */
  async function attempt(chunks: Map<string, Bytes>, secret: Bytes) {
    const records = new Map<string, Bytes>();
    const raw = memoryStore(records);
    const sentence = await (async () => {
      const found = await findBackup(memoryPlace(chunks), secret);
      await restoreInto(sealStore(raw, await createVault(raw, found.manifest.nameKey)), found, true, Date.now());
    })().then(
      () => 'restored',
      (error: unknown) => (error instanceof ChatError ? error.message : 'another error'),
    );
    return { sentence, isProfile: records.has(IDENTITY_PLACE) };
  }

  it('takes nothing of a backup in which any bytes were changed, cut off, added or left out', async () => {
    const { chunks, keeper } = await setUp(20);
    const names = [...chunks.keys()].sort();
    const change = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
      fc.record({ kind: fc.constantFrom('cut' as const, 'add' as const), at: fc.nat(), bit: fc.constant(0) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.constant(0), bit: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), change, async (which, { kind, at, bit }) => {
        const name = names[which % names.length]!;
        const bytes = chunks.get(name)!;
        const changed = new Map(chunks);
        const flipped = bytes.slice();
        flipped[at % bytes.length]! ^= 1 << bit;
        if (kind === 'flip') changed.set(name, flipped);
        if (kind === 'cut') changed.set(name, bytes.slice(0, at % bytes.length));
        if (kind === 'add') changed.set(name, Buffer.concat([bytes, Uint8Array.of(at & 0xff)]));
        if (kind === 'remove') changed.delete(name);
        const { sentence, isProfile } = await attempt(changed, keeper.secret);
        expect(sentence).toMatch(/damaged|does not open with this recovery code|no finished backup/);
        expect(isProfile).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('takes no chunk in the place of another', async () => {
    const { chunks, keeper } = await setUp(40);
    const [one, other] = [...chunks.keys()].filter((name) => name !== MANIFEST_NAME);
    const swapped = new Map(chunks).set(one!, chunks.get(other!)!).set(other!, chunks.get(one!)!);
    expect((await attempt(swapped, keeper.secret)).sentence).toMatch(/cut short or changed/);
  });

  it('takes no older chunk, and none of another backup', async () => {
    const { chunks, keeper, profile, place, log } = await setUp(40);
    const old = new Map(chunks);
    await writeEach(log, 'newer');
    await backedUp(profile, keeper, place, 2);
    const [gone] = [...old.keys()].filter((name) => !chunks.has(name));
    const [came] = [...chunks.keys()].filter((name) => !old.has(name));
    const older = await attempt(new Map(chunks).set(came!, old.get(gone!)!), keeper.secret);
    expect(older.sentence).toMatch(/cut short or changed/);
    const another = await setUp(40);
    const foreign = [...another.chunks].find(([name]) => name !== MANIFEST_NAME)![1];
    const mixed = await attempt(new Map(chunks).set(came!, foreign), keeper.secret);
    expect(mixed.sentence).toMatch(/cut short or changed/);
    expect([older.isProfile, mixed.isProfile]).toEqual([false, false]);
  });

  it('takes an older manifest only with the chunks that it names', async () => {
    const { chunks, keeper, profile, place, log } = await setUp(40);
    const old = chunks.get(MANIFEST_NAME)!;
    await writeEach(log, 'newer');
    await backedUp(profile, keeper, place, 2);
    const { sentence } = await attempt(new Map(chunks).set(MANIFEST_NAME, old), keeper.secret);
    expect(sentence).toMatch(/a part of it is missing/);
  });

  it('writes the keys last, in whatever order the chunks come', async () => {
    const { chunks, keeper, manifest } = await setUp(40);
    const names = manifest.chunks.map(({ name }) => Buffer.from(name).toString('base64url'));
    const backwards = { ...manifest, chunks: [...manifest.chunks].reverse() };
    for (const [missing, list] of [
      [names.at(-1)!, manifest],
      [names[0]!, backwards],
    ] as const) {
      const cut = new Map(chunks).set(MANIFEST_NAME, await sealManifest(keeper.access, list));
      cut.delete(missing);
      expect(await attempt(cut, keeper.secret)).toEqual({
        sentence:
          'This backup is damaged: a part of it is missing. Nothing was restored; use another backup, or the device that made it.',
        isProfile: false,
      });
    }
  });

  it('takes no backup that lacks messages or keys, whoever sealed it', async () => {
    const { chunks, keeper, manifest } = await setUp(40);
    const without = async (leave: (index: number) => boolean) => {
      const less = { ...manifest, chunks: manifest.chunks.filter((_, index) => leave(index)) };
      return attempt(new Map(chunks).set(MANIFEST_NAME, await sealManifest(keeper.access, less)), keeper.secret);
    };
    const pieces = manifest.chunks.map(({ piece }) => piece !== undefined);
    expect((await without((index) => index !== pieces.indexOf(true))).sentence).toMatch(/messages are missing/);
    expect((await without((index) => pieces[index]!)).sentence).toMatch(/keys are missing|messages are missing/);
  });
});
