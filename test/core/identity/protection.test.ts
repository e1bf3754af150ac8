import { describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../../../app/core/base/errors.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import {
  addSlot,
  changeKey,
  createProtectedVault,
  openUp,
  type NewSlot,
} from '../../../app/core/identity/protection.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { secretOfBoth, STRETCHING, type Way } from '../../../app/core/identity/slot.ts';
import {
  createVault,
  FORMER_KEY_PLACE,
  hiddenName,
  openVault,
  readSlots,
  unlockVault,
  type Vault,
} from '../../../app/core/identity/vault.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const byPassphrase = (): NewSlot => ({
  way: { kind: 'passphrase', stretching: { salt: randomBytes(16), ...STRETCHING } },
  secret: randomBytes(32),
});
const byPasskey = (): NewSlot => ({
  way: { kind: 'passkey', passkey: { credential: randomBytes(20), salt: randomBytes(32) } },
  secret: randomBytes(32),
});
const byBoth = (ofPassphrase: Bytes, ofPasskey: Bytes): NewSlot => ({
  way: {
    kind: 'passphrase and passkey',
    stretching: { salt: randomBytes(16), ...STRETCHING },
    passkey: { credential: randomBytes(20), salt: randomBytes(32) },
  },
  secret: secretOfBoth(ofPassphrase, ofPasskey),
});
const byCode = (): NewSlot => ({ way: { kind: 'recovery' }, secret: randomBytes(16) });

/** A profile with a few records, open or protected by these slots. */
async function profile(...slots: NewSlot[]) {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  const open = await createVault(raw);
  const values = Array.from(
    { length: 120 },
    (_, index) => [`log/${String(index).padStart(4, '0')}`, utf8(`text ${index}`)] as const,
  );
  await sealStore(raw, open).write(new Map(values));
  const vault = slots.length > 0 ? await changeKey(raw, open, new Set(), slots) : open;
  return { records, raw, open, vault, values };
}

/** What a vault reads of the records. */
async function readBy(raw: Parameters<typeof sealStore>[0], vault: Vault) {
  return (await sealStore(raw, vault).list('log/', 1000)).reverse();
}

/** Opens the slot of a kind. */
async function unlock(raw: Parameters<typeof sealStore>[0], kind: Way['kind'], secret: Bytes) {
  const slot = [...(await readSlots(raw)).values()].find(({ way }) => way.kind === kind)!;
  return unlockVault(raw, slot, secret);
}

describe('a protected vault', () => {
  it('opens by each of its slots with its secret, and by no other secret', async () => {
    const slots = [byPassphrase(), byPasskey(), byCode()];
    const { raw, values } = await profile(...slots);
    expect(await openVault(raw)).toBeUndefined();
    for (const { way, secret } of slots) {
      const opened = await unlock(raw, way.kind, secret);
      expect(await readBy(raw, opened!)).toEqual(values);
      expect(await unlock(raw, way.kind, randomBytes(secret.length))).toBeUndefined();
      for (const other of slots.filter((slot) => slot.secret !== secret)) {
        expect(await unlock(raw, way.kind, other.secret)).toBeUndefined();
      }
    }
  });

  it('does not hold its key in the clear, nor the one before, once all is sealed again', async () => {
    const { raw, records, open, vault } = await profile(byPassphrase());
    await sealStore(raw, vault).sealAgain();
    const onDisk = Buffer.concat([...records.values()]);
    for (const key of [open.key, open.recordKey, vault.key, vault.recordKey])
      expect(onDisk.includes(Buffer.from(key))).toBe(false);
    expect(records.has(FORMER_KEY_PLACE)).toBe(false);
    await expect(readBy(raw, open)).rejects.toThrow(DamagedRecord);
  });

  it('made so from the start never had its key in the clear', async () => {
    const slot = byPassphrase();
    const writes: Bytes[] = [];
    const raw = memoryStore();
    const watched = {
      ...raw,
      write: (changes: ReadonlyMap<string, Bytes | undefined>) => {
        for (const value of changes.values()) if (value) writes.push(value);
        return raw.write(changes);
      },
    };
    const vault = await createProtectedVault(watched, [slot]);
    await sealStore(watched, vault).write(new Map([['log/1', utf8('a text')]]));
    const everWritten = Buffer.concat(writes);
    for (const key of [vault.key, vault.recordKey, vault.nameKey, slot.secret]) {
      expect(everWritten.includes(Buffer.from(key))).toBe(false);
    }
    const again = (await unlock(raw, 'passphrase', slot.secret))!;
    expect(await readBy(raw, again)).toEqual([['log/1', utf8('a text')]]);
    expect(await hiddenName(again, utf8('Ann'))).toBe(await hiddenName(vault, utf8('Ann')));
  });

  it('has at most eight slots', async () => {
    const { raw, vault } = await profile(byPassphrase());
    for (let more = 1; more < 8; more++) await addSlot(raw, vault, byCode());
    await expect(addSlot(raw, vault, byCode())).rejects.toThrow(RangeError);
    expect((await readSlots(raw)).size).toBe(8);
  });

  it('keeps the hidden names of its records', async () => {
    const slot = byPassphrase();
    const { raw, open } = await profile(slot);
    const again = await unlock(raw, 'passphrase', slot.secret);
    expect(await hiddenName(again!, utf8('Ann'))).toBe(await hiddenName(open, utf8('Ann')));
  });

  it('takes a slot more without touching a record', async () => {
    const { raw, records, vault, values } = await profile(byPassphrase());
    await sealStore(raw, vault).sealAgain();
    const before = new Map(records);
    const code = byCode();
    await addSlot(raw, vault, code);
    for (const [place, record] of before) {
      if (place.startsWith('log/')) expect(records.get(place)).toBe(record);
    }
    expect(await readBy(raw, (await unlock(raw, 'recovery', code.secret))!)).toEqual(values);
  });

  it('that loses a slot has another key, opens by the others without being told their secrets, and not by that one', async () => {
    const [passphrase, code] = [byPassphrase(), byCode()];
    const { raw, vault, values } = await profile(passphrase, code);
    await sealStore(raw, vault).sealAgain();
    const lost = [...(await readSlots(raw))].find(([, { way }]) => way.kind === 'passphrase')![1];
    const present = (await unlock(raw, 'recovery', code.secret))!;
    const number = [...(await readSlots(raw))].find(([, { way }]) => way.kind === 'recovery')![0];
    const changed = await changeKey(raw, present, new Set([number]), []);
    await sealStore(raw, changed).sealAgain();
    expect(changed.key).not.toEqual(vault.key);
    expect([...(await readSlots(raw)).values()].map(({ way }) => way.kind)).toEqual(['recovery']);
    await expect(unlockVault(raw, lost, passphrase.secret)).rejects.toThrow(DamagedRecord);
    await expect(readBy(raw, vault)).rejects.toThrow(DamagedRecord);
    expect(await readBy(raw, (await unlock(raw, 'recovery', code.secret))!)).toEqual(values);
  });

  it('of two factors opens by both, and not by either alone, whatever stands in for the other', async () => {
    const [passphrase, passkey] = [randomBytes(32), randomBytes(32)];
    const { raw, values } = await profile(byBoth(passphrase, passkey));
    const open = (secret: Bytes) => unlock(raw, 'passphrase and passkey', secret);
    expect(await readBy(raw, (await open(secretOfBoth(passphrase, passkey)))!)).toEqual(values);
    for (const other of [new Uint8Array(32), randomBytes(32)]) {
      expect(await open(secretOfBoth(passphrase, other))).toBeUndefined();
      expect(await open(secretOfBoth(other, passkey))).toBeUndefined();
    }
    const wrong = [passphrase, passkey, secretOfBoth(passkey, passphrase)];
    for (const secret of [...wrong, secretOfBoth(passphrase, passphrase), secretOfBoth(passkey, passkey)]) {
      expect(await open(secret)).toBeUndefined();
    }
    for (const missing of [new Uint8Array(0), randomBytes(64)]) {
      expect(() => secretOfBoth(passphrase, missing)).toThrow(RangeError);
      expect(() => secretOfBoth(missing, passkey)).toThrow(RangeError);
    }
  });

  it('opens by itself once it is protected no more, under another key, and by none of its slots', async () => {
    const [passphrase, code] = [byPassphrase(), byCode()];
    const { raw, records, vault, values } = await profile(passphrase, code);
    await sealStore(raw, vault).sealAgain();
    const before = [...(await readSlots(raw)).values()];
    const opened = await openUp(raw, (await unlock(raw, 'recovery', code.secret))!);
    expect(await readBy(raw, (await openVault(raw))!)).toEqual(values);
    await expect(openUp(raw, opened)).rejects.toThrow(RangeError);
    await sealStore(raw, opened).sealAgain();

    const again = (await openVault(raw))!;
    expect(await readBy(raw, again)).toEqual(values);
    expect(await hiddenName(again, utf8('Ann'))).toBe(await hiddenName(vault, utf8('Ann')));
    expect([...records.keys()].filter((place) => /^(slot|vault)\//.test(place)).sort()).toEqual([
      'slot/0',
      'vault/name-key',
    ]);
    for (const slot of before) {
      const { secret } = slot.way.kind === 'recovery' ? code : passphrase;
      await expect(unlockVault(raw, slot, secret)).rejects.toThrow(DamagedRecord);
    }
    // And is protected again as one that never was.
    const third = byCode();
    await changeKey(raw, again, new Set(), [third]);
    expect(await openVault(raw)).toBeUndefined();
    expect(await readBy(raw, (await unlock(raw, 'recovery', third.secret))!)).toEqual(values);
  });

  it('is never left to passkeys alone', async () => {
    const { raw, records, vault } = await profile(byPassphrase(), byPasskey());
    await sealStore(raw, vault).sealAgain();
    const before = new Map(records);
    const [passkey] = [...(await readSlots(raw))].find(([, { way }]) => way.kind === 'passkey')!;
    const current = { ...vault, formerKey: undefined };
    await expect(changeKey(raw, current, new Set([passkey]), [])).rejects.toThrow(RangeError);
    await expect(changeKey(raw, current, new Set(), [byPasskey()])).rejects.toThrow(RangeError);
    expect(records).toEqual(before);
    const empty = new Map<string, Bytes>();
    await expect(createProtectedVault(memoryStore(empty), [byPasskey(), byPasskey()])).rejects.toThrow(RangeError);
    expect(empty.size).toBe(0);
  });

  it('goes on sealing again where it was broken off, and reads everything meanwhile', async () => {
    const slot = byPassphrase();
    const { raw, vault, values } = await profile(slot);
    let writes = 0;
    const killed = {
      ...raw,
      write: (...args: Parameters<typeof raw.write>) =>
        ++writes > 1 ? Promise.reject(new Error('killed')) : raw.write(...args),
    };
    await expect(sealStore(killed, vault).sealAgain()).rejects.toThrow('killed');
    const again = (await unlock(raw, 'passphrase', slot.secret))!;
    expect(again.formerKey).toBeDefined();
    expect(await readBy(raw, again)).toEqual(values);
    await expect(changeKey(raw, again, new Set(), [byCode()])).rejects.toThrow(RangeError);
    const told: number[] = [];
    await sealStore(raw, again).sealAgain((records) => told.push(records));
    expect(told.length).toBeGreaterThan(2);
    const done = (await unlock(raw, 'passphrase', slot.secret))!;
    expect(done.formerKey).toBeUndefined();
    expect(await readBy(raw, done)).toEqual(values);
  });

  it('loses nothing that is written while all is sealed again', async () => {
    const { raw, vault } = await profile(byPassphrase());
    const store = sealStore(raw, vault);
    const sealing = store.sealAgain();
    const writing = Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        store.write(new Map([[`log/${String(index).padStart(4, '0')}`, utf8(`newer ${index}`)]])),
      ),
    );
    await Promise.all([sealing, writing]);
    const read = await store.list('log/', 1000);
    expect(read.reverse().map(([, value]) => Buffer.from(value).toString())).toEqual(
      Array.from({ length: 120 }, (_, index) => `newer ${index}`),
    );
  });

  it('refuses a slot or its own records that were tampered with', async () => {
    const slot = byPassphrase();
    const { raw, records } = await profile(slot, byCode());
    const sound = records.get('slot/0')!;
    for (let at = 0; at < sound.length; at += 7) {
      const damaged = sound.slice();
      damaged[at]! ^= 1;
      records.set('slot/0', damaged);
      const opened = await readSlots(raw).then(
        async (slots) => slots.has(0) && (await unlockVault(raw, slots.get(0)!, slot.secret)),
        (error: unknown) => !(error instanceof DamagedRecord),
      );
      expect(opened).toBeFalsy();
    }
  });

  it('opens by its other slots when one is damaged, and not at all when all are', async () => {
    const [passphrase, code] = [byPassphrase(), byCode()];
    const { raw, records, values } = await profile(passphrase, code);
    records.set('slot/0', Uint8Array.of(9, 9, 9));
    expect(await readBy(raw, (await unlock(raw, 'recovery', code.secret))!)).toEqual(values);
    records.set('slot/1', Uint8Array.of(9, 9, 9));
    await expect(readSlots(raw)).rejects.toThrow(DamagedRecord);
    await expect(openVault(raw)).rejects.toThrow(DamagedRecord);
  });

  it.each([
    ['too little memory', { memory: 64 * 1024 - 1, passes: 3 }],
    ['too few passes', { memory: 64 * 1024, passes: 2 }],
    ['absurdly much memory', { memory: 1024 * 1024 + 1, passes: 3 }],
    ['absurdly many passes', { memory: 64 * 1024, passes: 17 }],
  ])('takes no slot that asks for %s', async (_, asked) => {
    const slot: NewSlot = {
      ...byPassphrase(),
      way: { kind: 'passphrase', stretching: { salt: randomBytes(16), ...asked } },
    };
    const { raw } = await profile(slot);
    await expect(readSlots(raw)).rejects.toThrow(DamagedRecord);
  });
});
