/** What opens the profile of a folder, and what does not any more. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFile, OpenFile } from '../../../app/platform/node/files.ts';
import { openSqliteStore } from '../../../app/platform/node/sqlite-store.ts';
import { recoverySecret } from '../../../app/platform/profile/recovery-code.ts';
import { openBackup } from '../../../app/platform/profile/restoring.ts';
import { temporaryFolder } from '../../signal/client.ts';
import { openFolder, ORIGIN } from './open-folder.ts';

const PASSPHRASE = 'correct horse battery';

test('twelve words that are the passphrase, and no code, open a profile', async () => {
  const path = temporaryFolder();
  const passphrase = `${'abandon '.repeat(11)}about`;
  const made = await (await openFolder(path)).create({ name: 'Ann', origin: ORIGIN, passphrase });
  const code = await made.protection.newRecoveryCode();
  await made.protection.setRecoveryCode(code);
  await made.close();
  await (await (await openFolder(path)).unlock({ either: passphrase })).close();
  await (await (await openFolder(path)).unlock({ either: code })).close();
});

test('a profile that is protected no more opens by itself, and its name stands nowhere else', async () => {
  const path = temporaryFolder();
  const profile = await (await openFolder(path)).create({ name: 'Bob', origin: ORIGIN, passphrase: PASSPHRASE });
  await profile.protection.unprotect();
  await profile.protection.sealAgain();
  expect([profile.protection.isProtected, profile.store.isUnfinished]).toEqual([false, false]);
  await profile.close();
  const raw = openSqliteStore(join(path, 'profile.sqlite'));
  expect(await raw.get('vault/label')).toBeUndefined();
  raw.close();
  const folder = await openFolder(path);
  expect([folder.name, folder.ways]).toEqual(['Bob', []]);
  expect((await folder.unlock()).chat.fingerprint).toBe(profile.chat.fingerprint);
});

test.each([
  ['that was protected', PASSPHRASE],
  ['that was not', undefined],
])('a profile %s and is restored with a passphrase opens by that, and by the recovery code', async (_, before) => {
  const made = await (await openFolder(temporaryFolder())).create({ name: 'Ann', origin: ORIGIN, passphrase: before });
  const code = await made.protection.newRecoveryCode();
  if (before !== undefined) await made.protection.setRecoveryCode(code);
  else await made.backups.setCode(recoverySecret(code));
  const file = join(temporaryFolder(), 'ann.sotto');
  await makeFile(file, (backup) => made.backups.backUpTo(backup));
  await made.close();

  const path = temporaryFolder();
  const backup = OpenFile.read(file);
  onTestFinished(() => backup.close());
  const restored = await (
    await openFolder(path)
  ).restore(await openBackup(code, { file: backup }), ORIGIN, 'another horse battery');
  await restored.close();
  const folder = await openFolder(path);
  expect([folder.name, folder.ways.toSorted()]).toEqual(['Ann', ['passphrase', 'recovery']]);
  await (await folder.unlock({ either: 'another horse battery' })).close();
  expect((await (await openFolder(path)).unlock({ either: code })).chat.fingerprint).toBe(made.chat.fingerprint);
});
