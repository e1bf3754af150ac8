/** What is backed up, and restored elsewhere: real processes, a real server. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { adaWithoutServer } from './key-file.ts';
import { twoPeople } from './people.ts';
import { WIDE } from './pseudo-terminal.ts';
import { secretFile } from './secret-files.ts';

// Each makes keys of its own, and many processes start.
vi.setConfig({ testTimeout: 90_000 });

const CODE = /^([a-z]+ ){11}[a-z]+\n$/;
const NO_CODE = `${'abandon '.repeat(11)}about\n`;

const client = useClient();

test('a profile is backed up to a file and to the server, restored elsewhere from each, and talks on', async () => {
  const { ada, bob, server } = await twoPeople(client);
  const { origin } = server;
  const { program, link } = await ada.invites();
  const { fingerprint } = await program.event(({ event }) => event === 'ready');
  const bobs = await bob.joins(link);
  bobs.order({ send: 'Keep this.', to: 'Ada' });
  await bobs.event(({ state }) => state === 'Delivered');
  await program.end();

  const file = join(temporaryFolder(), 'ada.sotto');
  const first = await ada.run(['backup', file]);
  expect(first).toEqual({ code: 0, out: expect.stringMatching(CODE) as string, err: '' });
  // There is one code for both places, and it was shown once.
  expect(await ada.run(['backup'])).toEqual({ code: 0, out: '', err: '' });
  expect(await ada.run(['backup', file])).toMatchObject({ code: 3, out: '' });

  const [ofFile, ofServer] = [join(temporaryFolder(), 'file'), join(temporaryFolder(), 'server')];
  const ends = { code: 0, out: `${fingerprint as string}\n`, err: '' };
  for (const from of [[file], []]) {
    const wrong = await client.run(ofFile, ['restore', ...from, '--server', origin], NO_CODE);
    expect(wrong).toMatchObject({ code: 3, out: '' });
  }
  expect(await client.run(ofFile, ['restore', file, '--server', origin], first.out)).toEqual(ends);
  expect(await client.run(ofServer, ['restore', '--server', origin], first.out)).toEqual(ends);
  const again = await client.run(ofServer, ['restore', '--server', origin], first.out);
  expect([again.code, again.err]).toEqual([3, expect.stringMatching(/^There is a profile in this folder already\./)]);
  for (const folder of [ofFile, ofServer])
    expect((await client.run(folder, ['log', 'Bob'])).out).toContain('Keep this.');

  // The profile as it was hears where it is now.
  const old = ada.start(['open', '--json']);
  await old.event(({ event }) => event === 'connected');
  const restored = client.start(ofServer, ['open', '--json']);
  await restored.event(({ event, name }) => event === 'connected' && name === 'Bob');
  const replaced = await old.ended();
  expect(replaced.code).toBe(3);
  expect(replaced.err).toMatch(/If you restored a backup there, go on there\./);
  restored.order({ send: 'Here I am again.', to: 'Bob' });
  await bobs.event(({ text }) => text === 'Here I am again.');
  bobs.order({ send: 'Welcome back.', to: 'Ada' });
  await restored.event(({ text }) => text === 'Welcome back.');
});

test('at a terminal a backup says where it went, and what is restored is looked at first, and protected', async () => {
  const { ada, fingerprint } = await adaWithoutServer(client);
  const file = join(temporaryFolder(), 'ada.sotto');
  const backup = ada.terminal(['backup', file], WIDE);
  expect(await backup.ended()).toBe(0);
  await backup.sees(new RegExp(`^Backed up to ${file}, number 1\\.$`, 'm'));
  const code = /^[a-z]+(?:\s[a-z]+){11}$/m.exec(backup.lines.join('\n'))![0].replace('\n', ' ');

  const folder = join(temporaryFolder(), 'restored');
  const declined = client.terminal(folder, ['restore', file], WIDE);
  await declined.sees(/^Recovery code, twelve words: $/m);
  declined.type('no such code\r');
  await declined.sees(/^These are not the twelve words[^\n]*\nRecovery code, twelve words: $/m);
  declined.type(`${code}\r`);
  await declined.sees(/^This is backup number 1 of Ada[^]*^Restore it\? \(yes\/no\): $/m);
  declined.type('no\r');
  expect(await declined.ended()).toBe(0);
  await declined.sees(/^Nothing was restored\.$/m);
  expect(await client.run(folder, ['keys'])).toMatchObject({ code: 2, err: expect.stringMatching(/^There is no profile/) as string }); // prettier-ignore

  const taken = client.terminal(folder, ['restore', file], WIDE);
  await taken.sees(/^Recovery code, twelve words: $/m);
  taken.type(`${code}\r`);
  await taken.sees(/\(yes\/no\): $/m);
  taken.type('yes\r');
  for (const question of [/^Passphrase, if you want one: $/m, /^Again: $/m]) {
    await taken.sees(question);
    taken.type('correct horse battery\r');
  }
  expect(await taken.ended()).toBe(0);
  await taken.sees(new RegExp(`^${fingerprint}Restored\\. [^\\n]*Go on with: open NAME\\.$`, 'm'));
  expect(await client.run(folder, ['keys'])).toMatchObject({ code: 2, out: '' });
  for (const secret of ['correct horse battery', code]) {
    expect(await client.run(folder, ['keys', '--passphrase-file', secretFile(secret)])).toMatchObject({
      out: fingerprint,
    });
  }
});

test('a recovery code that was lost gives way to a new one, by which alone what follows opens', async () => {
  const passphrase = ['--passphrase-file', secretFile('correct horse battery')];
  const { ada, fingerprint } = await adaWithoutServer(client, ...passphrase);
  const [first, second] = ['first', 'second'].map((name) => join(temporaryFolder(), name)) as [string, string];
  const old = await ada.run(['backup', first, ...passphrase]);
  const renewed = await ada.run(['backup', second, '--new-code', ...passphrase]);
  expect(renewed).toEqual({ code: 0, out: expect.stringMatching(CODE) as string, err: '' });
  expect(renewed.out).not.toBe(old.out);

  const restored = (file: string, code: string) =>
    client.run(join(temporaryFolder(), 'elsewhere'), ['restore', file], code);
  expect(await restored(second, old.out)).toMatchObject({ code: 3, out: '' });
  expect(await restored(second, renewed.out)).toMatchObject({ code: 0, out: fingerprint });
  expect(await restored(first, old.out)).toMatchObject({ code: 0, out: fingerprint });
  const opened = (code: string) => ada.run(['keys', '--passphrase-file', secretFile(code.trim())]);
  expect(await opened(old.out)).toMatchObject({ code: 3, out: '' });
  expect(await opened(renewed.out)).toMatchObject({ code: 0, out: fingerprint });
});
