/** A key that is taken out as a file, opened by openssl, and brought to another folder. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Openssl } from '../parts/openssl.ts';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { adaWithoutServer } from './key-file.ts';
import { WIDE } from './pseudo-terminal.ts';

const PASSWORD = 'a password of the file';

const client = useClient();

test('a key goes out by a file that openssl opens, and comes in elsewhere as the same person', async () => {
  const { ada, fingerprint } = await adaWithoutServer(client);
  const openssl = new Openssl();
  onTestFinished(() => openssl.dispose());
  const file = openssl.path('ada.pem');
  const out = ada.terminal(['keys', 'export', file], WIDE);
  await out.sees(/^A password for the file: $/m);
  out.type('short\r');
  await out.sees(/^Again: $/m);
  out.type('short\r');
  await out.sees(/\nA password for the file: $/m);
  out.type(`${PASSWORD}\r`);
  await out.sees(/^A password[^]*^A password[^]*^Again: $/m);
  out.type(`${PASSWORD}\r`);
  expect(await out.ended()).toBe(0);
  await out.sees(new RegExp(`^Saved to ${file}\\. Whoever has the file and its password can be you\\.$`, 'm'));
  expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  const publicKey = openssl.run('pkey', '-in', file, '-passin', `pass:${PASSWORD}`, '-pubout', '-outform', 'DER');
  expect(createHash('sha256').update(publicKey).digest('hex')).toBe(fingerprint.trim());

  const folder = join(temporaryFolder(), 'elsewhere');
  const into = client.terminal(folder, ['keys', 'import', file, '--name', 'Ada'], WIDE);
  await into.sees(/^The password of the file: $/m);
  for (let mistakes = 1; mistakes <= 2; mistakes++) {
    into.type('mistyped\r');
    await into.sees(new RegExp(`(The password of the file: \\n[^]*){${mistakes}}The password of the file: $`));
  }
  into.type(`${PASSWORD}\r`);
  await into.sees(/^Passphrase, if you want one: $/m);
  into.type('\r');
  expect(await into.ended()).toBe(0);
  await into.sees(new RegExp(`^${fingerprint.trim()}\nThis is your key from now on\\.`, 'm'));
  expect(into.all).not.toContain(PASSWORD);
});

test('three wrong passwords are enough, and of a pipe one', async () => {
  const openssl = new Openssl();
  onTestFinished(() => openssl.dispose());
  openssl.genpkey(
    'key.pem',
    '-algorithm',
    'RSA',
    '-pkeyopt',
    'rsa_keygen_bits:3072',
    '-aes256',
    '-pass',
    `pass:${PASSWORD}`,
  );
  const [file, folder] = [openssl.path('key.pem'), join(temporaryFolder(), 'none')];
  const args = ['keys', 'import', file, '--name', 'Ada'];
  const into = client.terminal(folder, args, WIDE);
  for (let tries = 1; tries <= 3; tries++) {
    await into.sees(new RegExp(`(The password of the file: [^]*){${tries}}$`));
    into.type('mistyped\r');
  }
  expect(await into.ended()).toBe(3);
  expect(await client.run(folder, args, 'mistyped\nmistyped\n')).toMatchObject({ code: 3, out: '' });
  expect(await client.run(folder, args, `${PASSWORD}\n`)).toMatchObject({ code: 0, err: '' });
});

test('a file that is there is refused before anything is asked, and stays', async () => {
  const { ada } = await adaWithoutServer(client);
  const file = join(temporaryFolder(), 'there.pem');
  writeFileSync(file, 'what stood there');
  const terminal = ada.terminal(['keys', 'export', file], WIDE);
  expect(await terminal.ended()).toBe(3);
  expect(terminal.lines).toEqual([expect.stringMatching(/^There is a file “[^”]*” already\./)]);
  expect(readFileSync(file, 'utf8')).toBe('what stood there');
});
