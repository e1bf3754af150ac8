/** What opens a profile, and how that is changed: real processes. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { expectEnd } from './ends.ts';
import { adaWithoutServer } from './key-file.ts';
import { twoPeople } from './people.ts';
import { Program } from './program.ts';
import { WIDE } from './pseudo-terminal.ts';
import { secretFile } from './secret-files.ts';

const PASSPHRASE = 'correct horse battery';
const OTHER = 'another horse battery';

const client = useClient();

test('a passphrase or the recovery code opens a profile, and by the code it gets a new passphrase', async () => {
  const by = (file: string) => ['keys', '--passphrase-file', file];
  const old = secretFile(PASSPHRASE);
  const { ada, fingerprint } = await adaWithoutServer(client, '--passphrase-file', old);
  const backup = join(temporaryFolder(), 'ada.sotto');
  const { out: code } = await ada.run(['backup', backup, '--passphrase-file', old]);
  expect(code).toMatch(/^([a-z]+ ){11}[a-z]+\n$/);
  const paper = secretFile(code.trim());
  expect(await ada.run(by(paper))).toEqual({ code: 0, out: fingerprint, err: '' });
  const wrong = await ada.run(by(secretFile(`${'abandon '.repeat(11)}about`)));
  expect(wrong).toMatchObject({ code: 3, out: '' });
  expect(wrong.err).toMatch(/^That is not the recovery code of this profile\./);

  const fresh = secretFile(OTHER);
  const change = ['protect', '--passphrase-file', paper, '--new-passphrase-file', fresh];
  expect(await ada.run(change)).toEqual({ code: 0, out: '', err: '' });
  expect(await ada.run(by(old))).toMatchObject({ code: 3, out: '' });
  for (const file of [fresh, paper]) expect(await ada.run(by(file))).toMatchObject({ code: 0, out: fingerprint });
});

test('a profile stays closed without its passphrase, which comes by a file or a descriptor', async () => {
  const { ada } = await twoPeople(client);
  const [right, wrong] = [secretFile(`${PASSPHRASE}\nand what else stands there`), secretFile(OTHER)];
  const { program } = await ada.invites('--passphrase-file', right);
  await program.end();
  expectEnd(await ada.run(['keys']), 2, /^This profile is protected\./);
  expectEnd(await ada.run(['keys', '--passphrase-file', wrong]), 3, /^That is not the passphrase/, OTHER);
  expect(await ada.run(['keys', '--passphrase-file', right])).toMatchObject({ code: 0, err: '' });
  // As a shell does for `3<right`.
  const args = JSON.stringify([client.file, '--data', ada.folder, 'keys', '--passphrase-fd', '3']);
  const stdio = `[0, 1, 2, require('fs').openSync(${JSON.stringify(right)})]`;
  const shell = new Program('-e', [
    `process.exit(require('child_process').spawnSync(process.execPath, ${args}, { stdio: ${stdio} }).status)`,
  ]);
  expect(await shell.end()).toMatchObject({ code: 0, err: '' });
});

test('a passphrase is set, changed and taken away at a terminal', async () => {
  const { ada, fingerprint } = await adaWithoutServer(client);
  const first = ada.terminal(['protect'], WIDE);
  await first.sees(/^Passphrase: $/m);
  first.type('short\r');
  await first.sees(/^Again: $/m);
  first.type('short\r');
  await first.sees(/^Choose a passphrase of 8 characters or more[^\n]*\nPassphrase: $/m);
  first.type(`${PASSPHRASE}\r`);
  await first.sees(/^Again: \n[^]*^Again: $/m);
  first.type(`${PASSPHRASE}\r`);
  expect(await first.ended()).toBe(0);
  await first.sees(/^The passphrase is set\./m);
  expect(first.all).not.toContain(PASSPHRASE);
  expect(await ada.run(['keys'])).toMatchObject({ code: 2, out: '' });

  const second = ada.terminal(['protect'], WIDE);
  await second.sees(/^Passphrase: $/m);
  second.type('no such passphrase\r');
  await second.sees(/^That is not the passphrase of this profile[^\n]*\nPassphrase: $/m);
  second.type(`${PASSPHRASE}\r`);
  await second.sees(/^New passphrase, or nothing to take it away: $/m);
  second.type('\r');
  await second.sees(/^Take it away\? Whoever gets hold of the folder[^\n]* \(yes\/no\): $/m);
  second.type('no\r');
  expect(await second.ended()).toBe(0);
  await second.sees(/^Nothing was changed\.$/m);
  expect(await ada.run(['keys'])).toMatchObject({ code: 2, out: '' });

  const third = ada.terminal(['protect', '--passphrase-file', secretFile(PASSPHRASE)], WIDE);
  await third.sees(/^New passphrase/m);
  third.type('\r');
  await third.sees(/\(yes\/no\): $/m);
  third.type('perhaps\r');
  await third.sees(/perhaps\nTake it away\?[^\n]*\(yes\/no\): $/m);
  third.type('yes\r');
  expect(await third.ended()).toBe(0);
  await third.sees(/^The passphrase is taken away: this profile opens by itself\.$/m);
  expect(await ada.run(['keys'])).toEqual({ code: 0, out: fingerprint, err: '' });
});

test('the recovery code opens at a terminal, too, which says so', async () => {
  const old = secretFile(PASSPHRASE);
  const { ada, fingerprint } = await adaWithoutServer(client, '--passphrase-file', old);
  const backup = ['backup', join(temporaryFolder(), 'ada.sotto'), '--passphrase-file', old];
  const { out: code } = await ada.run(backup);
  const terminal = ada.terminal(['keys'], WIDE);
  await terminal.sees(/^Passphrase, or the recovery code: $/m);
  terminal.type(`${code.trim()}\r`);
  expect(await terminal.ended()).toBe(0);
  await terminal.sees(new RegExp(fingerprint.trim()));
  expect(terminal.all).not.toContain(code.trim());
});

test('a script names the file of the new passphrase, and nothing that is empty', async () => {
  const { ada } = await adaWithoutServer(client);
  const none = await ada.run(['protect']);
  expect([none.code, none.err]).toEqual([2, 'Give the new passphrase by --new-passphrase-file FILE.\n']);
  expect(await ada.run(['protect', '--new-passphrase-file', secretFile('')])).toMatchObject({ code: 2 });
  expect(await ada.run(['protect', '--new-passphrase-file', secretFile('short')])).toMatchObject({ code: 3 });
  expect(await ada.run(['keys'])).toMatchObject({ code: 0 });
});

test('of a file with a passphrase that others can read it is said so, and no more', async () => {
  const { ada, fingerprint } = await adaWithoutServer(client, '--passphrase-file', secretFile(PASSPHRASE));
  for (const mode of [0o644, 0o640, 0o604]) {
    const seen = await ada.run(['keys', '--passphrase-file', secretFile(PASSPHRASE, mode)]);
    expect(seen).toMatchObject({ code: 0, out: fingerprint });
    expect(seen.err).toMatch(/^Others on this machine can read the file of your passphrase\.[^\n]*\n$/);
  }
});
