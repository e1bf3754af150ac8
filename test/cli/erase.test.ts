/** A profile that goes for good, and what never came to be: of both nothing stays. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_SLOTS, SLOT_PREFIX } from '../../app/core/identity/vault.ts';
import { openSqliteStore } from '../../app/platform/node/sqlite-store.ts';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { adaWithoutServer, keyFile } from './key-file.ts';
import { twoPeople } from './people.ts';
import { CTRL_C, WIDE } from './pseudo-terminal.ts';
import { secretFile } from './secret-files.ts';

const client = useClient();

test('a profile is erased by whoever types its name, and not otherwise', async () => {
  const { ada, fingerprint } = await adaWithoutServer(client, '--passphrase-file', secretFile('correct horse'));
  const first = ada.terminal(['erase'], WIDE);
  await first.sees(/^This erases the profile of Ada for good[^]*^Type its name to erase it: $/m);
  first.type('yes\r');
  expect(await first.ended()).toBe(3);
  await first.sees(/^That is not its name\. Nothing was erased\.$/m);
  const left = await ada.run(['keys', '--passphrase-file', secretFile('correct horse')]);
  expect(left).toMatchObject({ code: 0, out: fingerprint });

  const second = ada.terminal(['erase'], WIDE);
  await second.sees(/^Type its name to erase it: $/m);
  second.type('Ada\r');
  expect(await second.ended()).toBe(0);
  await second.sees(/^Erased\.$/m);
  expect(readdirSync(ada.folder)).toEqual([]);
  expect(await ada.run(['erase', '--yes'])).toMatchObject({ code: 2, out: '' });
});

test('a script erases nothing unless it says that it means it', async () => {
  const { ada } = await adaWithoutServer(client);
  const asked = await ada.run(['erase'], 'Ada\n');
  expect([asked.code, asked.err]).toEqual([2, expect.stringMatching(/^There is nobody to ask\.[^\n]*\n$/)]);
  expect(await ada.run(['keys'])).toMatchObject({ code: 0 });
  expect(await ada.run(['erase', '--yes'])).toEqual({ code: 0, out: '', err: '' });
  expect(readdirSync(ada.folder)).toEqual([]);
});

test('a profile that cannot be opened any more takes no other one in its place, and can be erased', async () => {
  const { ada } = await adaWithoutServer(client, '--passphrase-file', secretFile('correct horse'));
  const store = openSqliteStore(join(ada.folder, 'profile.sqlite'));
  const slots = await store.list(SLOT_PREFIX, MAX_SLOTS);
  await store.write(new Map(slots.map(([place]) => [place, Uint8Array.of(0)])));
  store.close();
  for (const args of [['keys'], ['keys', '--passphrase-file', secretFile('correct horse')]]) {
    const { code, out, err } = await ada.run(args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Something stored on this device cannot be read[^\n]*\n$/);
  }
  expect(await ada.run(['keys', 'import', keyFile(), '--name', 'Ada'])).toMatchObject({ code: 3, out: '' });
  expect(await ada.run(['erase', '--yes'])).toEqual({ code: 0, out: '', err: '' });
  expect(readdirSync(ada.folder)).toEqual([]);
});

test('whoever leaves at a question leaves nothing behind', async () => {
  const folder = join(temporaryFolder(), 'data', 'sotto');
  const leave = async (question: RegExp, ...args: string[]) => {
    const terminal = client.terminal(folder, args, WIDE);
    await terminal.sees(question);
    terminal.type(CTRL_C);
    expect(await terminal.ended()).toBe(130);
    expect(terminal.lines.filter((line) => !question.test(line) && line !== '')).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  };
  await leave(/^Your name: $/m, 'invite');
  await leave(/^Passphrase, if you want one: $/m, 'keys', 'import', keyFile(), '--name', 'Ada');
  await leave(/^Invite link/m, 'join');
  await leave(/^Recovery code, twelve words: $/m, 'restore');
});

test('what leads to no profile leaves nothing behind, and a folder that was there as it was', async () => {
  const { ada, bob, server } = await twoPeople(client);
  const { program, link } = await ada.invites();
  await (await bob.joins(link)).end();
  await program.end();
  const folder = temporaryFolder();
  const [none, there] = [join(folder, 'none'), join(folder, 'there')];
  mkdirSync(there, { mode: 0o700 });
  for (const data of [none, there]) {
    const run = (args: readonly string[], input = '') => client.run(data, ['--server', server.origin, ...args], input);
    expect(await run(['join', link, '--name', 'Carol'])).toMatchObject({ code: 3 });
    expect(await run(['restore'], `${'abandon '.repeat(11)}about\n`)).toMatchObject({ code: 3 });
    expect(await run(['restore'], 'no such code\n')).toMatchObject({ code: 3 });
    expect(await run(['invite'])).toMatchObject({ code: 2 });
    expect(await run(['list'])).toMatchObject({ code: 2 });
  }
  expect([existsSync(none), readdirSync(there)]).toEqual([false, []]);
});
