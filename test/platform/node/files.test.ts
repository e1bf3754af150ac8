/** Files that a person names. */
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { utf8 } from '../../../signal/wire/bytes.ts';
import { filePlace } from '../../../app/core/backup/file-place.ts';
import { makeFile, OpenFile, saveFile } from '../../../app/platform/node/files.ts';
import { readKeyFile } from '../../../app/platform/node/key-file.ts';
import { noSmallDisk, SmallDisk } from '../../browser/small-disk.ts';
import { backupPlaceContract, type OpenPlace } from '../../contracts/backup-place.ts';
import { Openssl } from '../../parts/openssl.ts';
import { temporaryFolder } from '../../signal/client.ts';

/** Backups in files; a name that was used before is read again. */
function places(): OpenPlace {
  const folder = temporaryFolder();
  return async (name) => {
    const path = join(folder, name);
    const file = readdirSync(folder).includes(name) ? OpenFile.read(path) : OpenFile.create(path);
    onTestFinished(() => file.close());
    return filePlace(file);
  };
}

describe('a backup in a file', () => {
  for (const { promise, holds } of backupPlaceContract) it(promise, () => holds(places()));
});

test('a file that is saved is its owner’s alone, and takes the place of nothing', async () => {
  const usual = process.umask(0);
  onTestFinished(() => void process.umask(usual));
  const folder = temporaryFolder();
  const path = join(folder, 'key.pem');
  await saveFile(path, async () => 'a key');
  expect(readFileSync(path, 'utf8')).toBe('a key');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600');

  await expect(saveFile(path, async () => 'another')).rejects.toThrow('already');
  expect(readFileSync(path, 'utf8')).toBe('a key');
  // Nor does it follow where somebody else has laid a trail.
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'trail'));
  await expect(saveFile(join(folder, 'trail'), async () => 'another')).rejects.toThrow('already');
  await expect(saveFile(join(folder, 'nowhere', 'key.pem'), async () => 'another')).rejects.toThrow('There is no');
  expect(readdirSync(folder).sort()).toEqual(['key.pem', 'trail']);
});

test('a file that could not be written to its end is not left behind', async () => {
  const folder = temporaryFolder();
  const half = makeFile(join(folder, 'half'), async (file) => {
    await file.append(utf8('half'));
    throw new Error('the rest');
  });
  await expect(half).rejects.toThrow('the rest');
  expect(readdirSync(folder)).toEqual([]);
});

test('a file that the disk has no room for says so, and is not left behind', async () => {
  if (noSmallDisk) return console.log(noSmallDisk);
  const disk = new SmallDisk(temporaryFolder(), 1);
  onTestFinished(() => disk.close());
  const much = new Uint8Array(2 * 1024 * 1024);
  await expect(saveFile(join(disk.folder, 'much'), async () => much)).rejects.toMatchObject({ reason: 'full' });
  expect(readdirSync(disk.folder)).toEqual([]);
  // Nor is it taken for a backup that cannot be read.
  const backup = makeFile(join(disk.folder, 'backup'), async (file) => (await filePlace(file)).put('1', much));
  await expect(backup).rejects.toMatchObject({ reason: 'full' });
});

test('a key file is read, and what is none is said to be none', async () => {
  const folder = temporaryFolder();
  const openssl = new Openssl();
  onTestFinished(() => openssl.dispose());
  openssl.rsa('key.pem', 3072);
  const path = openssl.path('key.pem');
  const file = await readKeyFile(path);
  expect(file.isEncrypted).toBe(false);
  expect((await file.open('')).publicKey.algorithm).toMatchObject({ name: 'RSA-PSS', modulusLength: 3072 });

  writeFileSync(join(folder, 'huge'), new Uint8Array(1024 * 1024));
  const huge = readKeyFile(join(folder, 'huge')).then((one) => one.open(''));
  await expect(huge).rejects.toThrow('too large');
  await expect(readKeyFile(join(folder, 'none'))).rejects.toThrow('There is no');
  await expect(readKeyFile(folder)).rejects.toMatchObject({ name: 'ChatError' });
});
