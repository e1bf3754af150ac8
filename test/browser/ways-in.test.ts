/** The ways into a profile: giving it some, taking some away, and what each of them opens. */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { damage, openDisk, profileOf } from './disk.ts';
import {
  button,
  expectAlert,
  expectHome,
  expectMessage,
  meet,
  newcomer,
  open,
  send,
  start,
  textbox,
} from './journey.ts';
import {
  expectSealed,
  lock,
  makeRecoveryCode,
  openSettings,
  setPassphrase,
  startProtected,
  tryPassphrase,
  unlock,
} from './locks.ts';
import { test } from './test.ts';

const ways = (page: Page) => page.getByRole('list', { name: 'Opens with', exact: true }).getByRole('listitem');

test('a profile that is protected later keeps its conversations, and opens by its passphrase alone', async ({
  stage,
}) => {
  const [ann] = await meet(stage, await stage.server());
  await send(ann, 'Before there was a passphrase.');
  await expectMessage(ann, 'Before there was a passphrase.');
  const settings = await openSettings(ann);
  await button(settings, 'Protect with a passphrase').click();
  await settings.getByText('Older copies may stay in the browser’s files').waitFor();
  await ann.keyboard.press('Escape');
  await setPassphrase(ann, 'a first passphrase');
  await ann.keyboard.press('Escape');
  await send(ann, 'And after it.');
  await expectMessage(ann, 'And after it.');
  await expectSealed(ann);
  await ann.reload();
  await ann.getByRole('heading', { name: 'Ann is locked', exact: true }).waitFor();
  await tryPassphrase(ann, 'another passphrase');
  await expectAlert(ann, 'That is not the passphrase of this profile. Nothing is lost: try again.');
  await unlock(ann, 'a first passphrase');
  await open(ann, 'Bob');
  await expectMessage(ann, 'Before there was a passphrase.');
  await expectMessage(ann, 'And after it.');
});

test('a new passphrase takes the place of the old one', async ({ stage }) => {
  const ann = await newcomer(stage, (await stage.server()).url);
  await startProtected(ann, 'Ann', 'the old passphrase');
  await setPassphrase(ann, 'the new passphrase');
  await ann.keyboard.press('Escape');
  await lock(ann);
  await tryPassphrase(ann, 'the old passphrase');
  await expectAlert(ann, 'That is not the passphrase of this profile.');
  await unlock(ann, 'the new passphrase');
});

test('a recovery code opens the profile, and lets a new passphrase be set', async ({ stage }) => {
  const ann = await newcomer(stage, (await stage.server()).url);
  await startProtected(ann, 'Ann', 'a forgotten passphrase');
  const code = await makeRecoveryCode(ann);
  expect(code.split(' ')).toHaveLength(12);
  await lock(ann);
  await button(ann, 'Use recovery code').click();
  const attempt = async (words: string) => {
    await textbox(ann, 'Recovery code').fill(words);
    await button(ann, 'Unlock').click();
  };
  await attempt('these are no words of any such code');
  await expectAlert(ann, 'These are not the twelve words of a recovery code. Check each word, and their order.');
  await attempt(`${'abandon '.repeat(11)}about`);
  await expectAlert(ann, 'That is not the recovery code of this profile.');
  await attempt(`  ${code.toUpperCase().replaceAll(' ', ',  ')}\n`);
  await ann.getByRole('heading', { name: 'Choose a new passphrase', exact: true }).waitFor();
  await textbox(ann, 'Passphrase').fill('a fresh passphrase');
  await button(ann, 'Set passphrase').click();
  await expectHome(ann);
  await expectSealed(ann);
  await lock(ann);
  await tryPassphrase(ann, 'a forgotten passphrase');
  await expectAlert(ann, 'That is not the passphrase of this profile.');
  await unlock(ann, 'a fresh passphrase');
  // The code stays good, until another takes its place.
  const other = await makeRecoveryCode(ann);
  await expectSealed(ann);
  await lock(ann);
  await button(ann, 'Use recovery code').click();
  await attempt(code);
  await expectAlert(ann, 'That is not the recovery code of this profile.');
  await attempt(other);
  await ann.getByRole('heading', { name: 'Choose a new passphrase', exact: true }).waitFor();
  await button(ann, 'Not now').click();
  await expectHome(ann);
});

test('each way in can be taken away but the last', async ({ stage }) => {
  const ann = await newcomer(stage, (await stage.server()).url);
  await startProtected(ann, 'Ann', 'a first passphrase');
  let settings = await openSettings(ann);
  expect(await ways(ann).count()).toBe(1);
  expect(await button(settings, 'Remove passphrase').count()).toBe(0);
  await ann.keyboard.press('Escape');
  const code = await makeRecoveryCode(ann);
  settings = await openSettings(ann);
  await button(settings, 'Remove passphrase').click();
  await button(settings, 'Remove recovery code').waitFor({ state: 'detached' });
  expect(await ways(ann).allTextContents()).toEqual([expect.stringContaining('Recovery code')]);
  await button(settings, 'Lock').click();
  await textbox(ann, 'Recovery code').fill(code);
  await button(ann, 'Unlock').click();
  await textbox(ann, 'Passphrase').fill('a second passphrase');
  await button(ann, 'Set passphrase').click();
  await expectHome(ann);
  settings = await openSettings(ann);
  await button(settings, 'Remove recovery code').click();
  await button(settings, 'Remove recovery code').waitFor({ state: 'detached' });
  await ann.keyboard.press('Escape');
  await lock(ann);
  expect(await button(ann, 'Use recovery code').count()).toBe(0);
  await unlock(ann, 'a second passphrase');
});

test('damaged slots or a damaged name say so in one sentence, and hide no other profile', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const bob = await stage.page(browser, server.url);
  await start(bob, 'Bob');
  const ann = await stage.page(browser, server.url);
  await button(ann, 'New profile').click();
  await startProtected(ann, 'Ann');
  const id = await profileOf(ann);
  await ann.goto('about:blank');
  const look = await stage.page(browser, server.url);
  const disk = await openDisk(browser, server.url);
  const choose = async (name: string) => {
    await look.goto('about:blank');
    await look.goto(server.url);
    // The only one that is free is opened at once.
    await look.getByRole('heading', { name: /Who are you\?|is locked/ }).waitFor();
    if ((await button(look, name).count()) > 0) await button(look, name).click();
  };
  await damage(disk, id, 'slot/0', [1, 1, 2, 3]);
  await choose('Ann');
  await expectAlert(look, 'Something stored in this browser cannot be read by this version of Sotto.');
  await button(look, 'Bob').waitFor();
  await damage(disk, id, 'vault/label', [0xff, 0xfe]);
  await choose(`Unreadable profile ${id.slice(0, 4)}`);
  await expectAlert(look, 'Something stored in this browser cannot be read by this version of Sotto.');
  await button(look, 'Bob').click();
  await button(look, 'Use here').click();
  await expectHome(look);
});
