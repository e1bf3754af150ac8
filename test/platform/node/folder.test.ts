/** A profile in a folder. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { makeFile, OpenFile } from '../../../app/platform/node/files.ts';
import { InUse, openSqliteStore } from '../../../app/platform/node/sqlite-store.ts';
import { openBackup } from '../../../app/platform/profile/restoring.ts';
import { createVault, FORMER_KEY_PLACE } from '../../../app/core/identity/vault.ts';
import { memoryStore } from '../../parts/memory-store.ts';
import { temporaryFolder } from '../../signal/client.ts';
import { openFolder, ORIGIN } from './open-folder.ts';
import { compile, Person } from './program.ts';

const PASSPHRASE = 'correct horse battery';

let anns: Promise<string> | undefined;

/** Puts Ann's profile there, closed: the same one each time, as making keys takes long. @returns the folder */
async function withAnn(): Promise<string> {
  const path = temporaryFolder();
  anns ??= (async () => {
    const made = mkdtempSync(join(tmpdir(), 'sotto-ann-'));
    await (await (await openFolder(made)).create({ name: 'Ann', origin: ORIGIN })).close();
    return made;
  })();
  cpSync(await anns, path, { recursive: true });
  return path;
}

afterAll(async () => anns && rmSync(await anns, { recursive: true, force: true }));

/** Protects Ann's profile and backs it up. @returns her folder, the code, and the file */
async function backedUp() {
  const path = await withAnn();
  const profile = await (await openFolder(path)).unlock();
  await profile.protection.setPassphrase(PASSPHRASE);
  const code = await profile.protection.newRecoveryCode();
  await profile.protection.setRecoveryCode(code);
  const file = join(temporaryFolder(), 'ann.sotto');
  await makeFile(file, (backup) => profile.backups.backUpTo(backup));
  await profile.close();
  return { path, code, file, fingerprint: profile.chat.fingerprint };
}

test('a profile is there again, and only its owner may look into its folder', async () => {
  const usual = process.umask(0);
  onTestFinished(() => void process.umask(usual));
  const path = join(temporaryFolder(), 'data', 'sotto');
  const fresh = await openFolder(path);
  expect([fresh.name, fresh.ways]).toEqual([undefined, []]);
  const profile = await fresh.create({ name: ' Ann ', origin: ORIGIN });
  await profile.close();

  expect((statSync(path).mode & 0o777).toString(8)).toBe('700');
  for (const name of readdirSync(path)) expect((statSync(join(path, name)).mode & 0o777).toString(8)).toBe('600');
  const again = await openFolder(path);
  expect([again.name, again.ways]).toEqual(['Ann', []]);
  const { chat, origin } = await again.unlock();
  expect([chat.name, chat.fingerprint, origin]).toEqual(['Ann', profile.chat.fingerprint, ORIGIN]);
});

test('a folder that others may write into is not taken', async () => {
  const path = await withAnn();
  for (const mode of [0o777, 0o770, 0o707]) {
    chmodSync(path, mode);
    await expect(openFolder(path)).rejects.toThrow('Others may write into this folder.');
  }
  if (process.getuid?.() !== 0) return;
  chmodSync(path, 0o700);
  chownSync(path, 65534, 65534);
  await expect(openFolder(path)).rejects.toThrow('Others may write into this folder.');
});

test('a folder is in use by one process, until that one closes it, or is killed', async () => {
  const program = await compile('test/platform/node/person.ts');
  onTestFinished(program.remove);
  const path = await withAnn();
  const other = new Person(program.file);
  await other.does('take', path);
  await expect(openFolder(path)).rejects.toThrow(InUse);
  other.process.kill('SIGKILL');
  await other.ended;
  const ours = await openFolder(path);
  await expect(new Person(program.file).does('take', path)).rejects.toThrow('in use by another Sotto');
  ours.close();
  expect(await new Person(program.file).does('take', path)).toEqual({ name: 'Ann', ways: [] });
});

test('nothing is made before there is a profile, and of two who make one the first has made it', async () => {
  const path = join(temporaryFolder(), 'none');
  const [one, other] = [await openFolder(path), await openFolder(path)];
  await expect(one.create({ name: ' ', origin: ORIGIN })).rejects.toThrow('Choose a name');
  expect(existsSync(path)).toBe(false);
  const made = await one.create({ name: 'Ann', origin: ORIGIN });
  await expect(other.create({ name: 'Bob', origin: ORIGIN })).rejects.toThrow(InUse);
  await made.close();
  await expect(other.create({ name: 'Bob', origin: ORIGIN })).rejects.toThrow('a profile in this folder already');
  other.close();
  expect((await openFolder(path)).name).toBe('Ann');
});

test('a protected profile says its name, and opens by its passphrase or its recovery code alone', async () => {
  const path = temporaryFolder();
  const bob = await (await openFolder(path)).create({ name: 'Bob', origin: ORIGIN, passphrase: PASSPHRASE });
  const { fingerprint } = bob.chat;
  await bob.close();
  const folder = await openFolder(path);
  expect([folder.name, folder.ways]).toEqual(['Bob', ['passphrase']]);
  await expect(folder.unlock({ passphrase: 'wrong horse battery' })).rejects.toThrow('not the passphrase');
  // The same folder, still open. A keyboard may put the same passphrase together otherwise.
  const profile = await folder.unlock({ passphrase: PASSPHRASE.replace('correct', 'ｃorrect') });
  const code = await profile.protection.newRecoveryCode();
  await profile.protection.setRecoveryCode(code);
  await profile.rename('Robert');
  await profile.close();

  const again = await openFolder(path);
  expect([again.name, again.ways.toSorted()]).toEqual(['Robert', ['passphrase', 'recovery']]);
  // Whichever it is, and however the words are written.
  const wrong = `${'abandon '.repeat(11)}about`;
  await expect(again.unlock({ either: wrong })).rejects.toThrow('not the recovery code of this profile');
  await expect(again.unlock({ either: `${code} more` })).rejects.toThrow('not the passphrase');
  await (await again.unlock({ either: PASSPHRASE })).close();
  const third = await openFolder(path);
  const byCode = await third.unlock({ either: code.toUpperCase().replaceAll(' ', '  ') });
  expect(byCode.chat.fingerprint).toBe(fingerprint);
  await byCode.protection.setPassphrase('another horse battery');
  await byCode.protection.sealAgain();
  await byCode.close();
  await expect((await openFolder(path)).unlock({ passphrase: PASSPHRASE })).rejects.toThrow('not the passphrase');
});

test('an open profile is protected later, and nothing then opens it by itself', async () => {
  const path = await withAnn();
  const profile = await (await openFolder(path)).unlock();
  await profile.protection.setPassphrase(PASSPHRASE);
  await profile.close();
  // Whoever closes it waits until all is sealed under the new key.
  const records = openSqliteStore(join(path, 'profile.sqlite'));
  expect(await records.get(FORMER_KEY_PLACE)).toBeUndefined();
  records.close();
  const folder = await openFolder(path);
  expect([folder.name, folder.ways]).toEqual(['Ann', ['passphrase']]);
  await expect(folder.unlock()).rejects.toMatchObject({ name: 'ChatError' });
  expect((await folder.unlock({ passphrase: PASSPHRASE })).chat.name).toBe('Ann');
});

test('a name or a passphrase that is none leaves the folder as it was', async () => {
  const folder = await openFolder(temporaryFolder());
  await expect(folder.create({ name: ' ', origin: ORIGIN })).rejects.toThrow('Choose a name');
  await expect(folder.create({ name: 'Ann', origin: ORIGIN, passphrase: 'short' })).rejects.toThrow('8 characters');
  expect((await folder.create({ name: 'Ann', origin: ORIGIN })).chat.name).toBe('Ann');
});

test('a profile that was never finished is none, and makes room for another', async () => {
  const path = temporaryFolder();
  const raw = openSqliteStore(join(path, 'profile.sqlite'));
  await createVault(raw, new Uint8Array(32));
  raw.close();
  const folder = await openFolder(path);
  expect(folder.name).toBeUndefined();
  const profile = await folder.create({ name: 'Ann', origin: ORIGIN, passphrase: PASSPHRASE });
  await profile.close();
  const again = await openFolder(path);
  expect(again.ways).toEqual(['passphrase']);
  await expect(again.create({ name: 'Bob', origin: ORIGIN })).rejects.toThrow('a profile in this folder already');
});

test('it is remembered at which server a profile is, sealed, and it may move', async () => {
  const path = await withAnn();
  const moved = await (await openFolder(path)).unlock(undefined, 'https://chat.example');
  expect(moved.origin).toBe('https://chat.example');
  await moved.close();
  const profile = await (await openFolder(path)).unlock();
  expect(profile.origin).toBe('https://chat.example');
  await profile.close();
  const raw = openSqliteStore(join(path, 'profile.sqlite'));
  const bytes = (await raw.list('', 1000)).map(([key, value]) => key + Buffer.from(value).toString('latin1'));
  raw.close();
  expect(bytes.join()).not.toContain('chat.example');
});

test('a profile is backed up to a file, and restored from it into another folder', async () => {
  const { path, code, file, fingerprint } = await backedUp();
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');

  const backup = OpenFile.read(file);
  const wrong = openBackup('abandon '.repeat(11) + 'about', { file: backup });
  await expect(wrong).rejects.toMatchObject({ name: 'ChatError' });
  const found = await openBackup(code, { file: backup });
  expect(found.summary.name).toBe('Ann');
  // Which server it was at is this device's own.
  const records = new Map<string, Bytes>();
  await found.writeTo(memoryStore(records), () => undefined);
  expect([...records.keys()]).toContain('identity');
  expect([...records.keys()]).not.toContain('settings/server');
  const other = temporaryFolder();
  const restored = await (await openFolder(other)).restore(found, 'https://elsewhere.example');
  backup.close();
  expect(restored.chat.fingerprint).toBe(fingerprint);
  expect(restored.origin).toBe('https://elsewhere.example');
  await restored.close();
  expect((await openFolder(other)).ways).toEqual(['recovery']);
  await expect((await openFolder(path)).restore(found, ORIGIN)).rejects.toThrow('already');
});

test('of a backup that cannot be restored nothing is left', async () => {
  const { code, file } = await backedUp();
  const backup = OpenFile.read(file);
  const found = await openBackup(code, { file: backup });
  backup.close();
  const other = temporaryFolder();
  await expect((await openFolder(other)).restore(found, ORIGIN)).rejects.toMatchObject({ name: /Error/ });
  expect(readdirSync(other)).toEqual([]);
});

test('a profile that is erased is gone', async () => {
  const path = await withAnn();
  (await openFolder(path)).erase();
  expect(readdirSync(path)).toEqual([]);
  expect((await openFolder(path)).name).toBeUndefined();
  // Killed in the middle of it.
  writeFileSync(join(path, 'profile.sqlite.erased'), 'what was not overwritten yet');
  expect((await openFolder(path)).name).toBeUndefined();
  expect(readdirSync(path)).toEqual([]);
});

test('a folder that cannot be made, or is a file, is said to be no use', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  await expect(openFolder(path)).rejects.toMatchObject({ name: 'StorageError' });
});
