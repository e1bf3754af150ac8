/** A profile that its passphrase protects from the start: locked it opens for nobody else, and its disk says nothing. */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { createInvite, expectConnection, expectHome } from './journey.ts';
import { test } from './test.ts';

const PASSPHRASE = 'correct horse battery';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const passphrase = (page: Page) => page.getByRole('textbox', { name: 'Passphrase', exact: true });

async function startProtected(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your name', exact: true }).fill(name);
  await button(page, 'Protect with a passphrase').click();
  await passphrase(page).fill(PASSPHRASE);
  await button(page, 'Start').click();
  await expectHome(page);
}

async function lock(page: Page): Promise<void> {
  await button(page, 'Settings').click();
  await button(page, 'Lock').click();
  await button(page, 'Unlock').waitFor();
}

async function unlock(page: Page, secret: string): Promise<void> {
  await passphrase(page).fill(secret);
  await button(page, 'Unlock').click();
}

test('a protected profile is locked by its button, and by leaving, and opens by its passphrase alone', async ({
  stage,
}) => {
  const { url } = await stage.server();
  const page = await stage.page(await stage.browser(), url);
  await startProtected(page, 'Ann');
  await lock(page);
  await unlock(page, 'another passphrase');
  await page
    .getByRole('alert')
    .getByText('That is not the passphrase of this profile. Nothing is lost: try again.')
    .waitFor();
  await unlock(page, PASSPHRASE);
  await expectHome(page);
  await page.reload();
  await page.getByRole('heading', { name: 'Ann is locked', exact: true }).waitFor();
  await unlock(page, PASSPHRASE);
  await expectHome(page);
});

test('a locked profile unlocks first, and then joins by the invite that was opened', async ({ stage }) => {
  const { url } = await stage.server();
  const ann = await stage.page(await stage.browser(), url);
  const bob = await stage.page(await stage.browser(), url);
  await startProtected(ann, 'Ann');
  await startProtected(bob, 'Bob');
  await lock(bob);
  const link = await createInvite(ann);
  await bob.goto('about:blank');
  await bob.goto(link);
  await unlock(bob, PASSPHRASE);
  await button(bob, 'Join').click();
  await Promise.all([ann, bob].map((page) => expectConnection(page, 'Connected directly')));
});

test('a passphrase that is too short is refused in one sentence, and the profile can still be made', async ({
  stage,
}) => {
  const { url } = await stage.server();
  const page = await stage.page(await stage.browser(), url);
  await page.getByRole('textbox', { name: 'Your name', exact: true }).fill('Ann');
  await button(page, 'Protect with a passphrase').click();
  await passphrase(page).fill('short');
  await button(page, 'Start').click();
  await page.getByRole('alert').getByText('Choose a passphrase of 8 characters or more').waitFor();
  await passphrase(page).fill(PASSPHRASE);
  await button(page, 'Start').click();
  await expectHome(page);
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(1);
});
