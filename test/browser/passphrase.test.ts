/** A profile that its passphrase protects from the start: locked it opens for nobody else, and its disk says nothing. */
import { expect } from 'vitest';
import { button, createInvite, expectAlert, expectConnection, expectHome, textbox } from './journey.ts';
import { lock, PASSPHRASE, startProtected, tryPassphrase, unlock } from './locks.ts';
import { test } from './test.ts';

test('a protected profile is locked by its button, and by leaving, and opens by its passphrase alone', async ({
  stage,
}) => {
  const { url } = await stage.server();
  const page = await stage.page(await stage.person(), url);
  await startProtected(page, 'Ann');
  await lock(page);
  await tryPassphrase(page, 'another passphrase');
  await expectAlert(page, 'That is not the passphrase of this profile. Nothing is lost: try again.');
  await unlock(page);
  await page.reload();
  await page.getByRole('heading', { name: 'Ann is locked', exact: true }).waitFor();
  await unlock(page);
});

test('a locked profile unlocks first, and then joins by the invite that was opened', async ({ stage }) => {
  const { url } = await stage.server();
  const ann = await stage.page(await stage.person(), url);
  const bob = await stage.page(await stage.person(), url);
  await startProtected(ann, 'Ann');
  await startProtected(bob, 'Bob');
  await lock(bob);
  const link = await createInvite(ann);
  await bob.goto('about:blank');
  await bob.goto(link);
  await tryPassphrase(bob);
  await button(bob, 'Join').click();
  await Promise.all([ann, bob].map((page) => expectConnection(page, 'Connected directly')));
});

test('a passphrase that is too short is refused in one sentence, and the profile can still be made', async ({
  stage,
}) => {
  const { url } = await stage.server();
  const page = await stage.page(await stage.person(), url);
  await textbox(page, 'Your name').fill('Ann');
  await button(page, 'Protect with a passphrase').click();
  await textbox(page, 'Passphrase').fill('short');
  await button(page, 'Start').click();
  await expectAlert(page, 'Choose a passphrase of 8 characters or more');
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  await textbox(page, 'Passphrase').fill(PASSPHRASE);
  await button(page, 'Start').click();
  await expectHome(page);
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(1);
});
