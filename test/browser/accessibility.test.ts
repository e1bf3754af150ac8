/** Every screen, in both colour schemes and both widths, without a serious finding of axe; and the journey by keyboard. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { Authenticator } from './authenticator.ts';
import {
  button,
  createInvite,
  expectAlert,
  expectConversation,
  expectMessage,
  expectState,
  send,
  start,
  textbox,
} from './journey.ts';
import { openSettings, PASSPHRASE, startProtected } from './locks.ts';
import { findings } from './axe.ts';
import { test } from './test.ts';

test('no screen has a serious finding', async ({ stage }) => {
  const server = await stage.server();
  const [annBrowser, bobBrowser] = [await stage.browser(), await stage.browser()];
  for (const browser of [annBrowser, bobBrowser]) await browser.addInitScript(axe.source);
  const found: string[] = [];
  const look = async (page: Page, screen: string) => found.push(...(await findings(page, screen)));

  const ann = await stage.page(annBrowser, server.url);
  await ann.getByRole('textbox', { name: 'Your name', exact: true }).waitFor();
  await look(ann, 'first visit');
  await ann.getByRole('button', { name: 'Use my own keys', exact: true }).click();
  await ann.getByLabel('Key file', { exact: true }).waitFor();
  await look(ann, 'own keys');
  await ann.getByRole('button', { name: 'Make new keys instead', exact: true }).click();
  await start(ann, 'Ann');
  await look(ann, 'empty home');
  const link = await createInvite(ann);
  await look(ann, 'invite');

  const bob = await stage.page(bobBrowser, link);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await look(bob, 'join');
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await bob.getByRole('button', { name: 'Join', exact: true }).click();
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  await send(ann, 'A first message.');
  await expectMessage(bob, 'A first message.');
  await send(bob, 'And an answer.');
  await expectState(bob, 'And an answer.', 'Delivered');
  await look(ann, 'conversation');
  await ann.getByRole('button', { name: 'Verify', exact: true }).click();
  await ann.getByRole('group', { name: 'Safety number', exact: true }).waitFor();
  await look(ann, 'verify');
  await ann.keyboard.press('Escape');

  await ann.setViewportSize({ width: 1280, height: 800 });
  await createInvite(ann);
  await ann.keyboard.press('Escape');
  await ann.getByRole('button', { name: 'Settings', exact: true }).click();
  await ann.getByRole('dialog', { name: 'Settings', exact: true }).waitFor();
  await look(ann, 'settings');
  await ann.getByRole('textbox', { name: 'Handle', exact: true }).fill('ann');
  await ann.getByRole('textbox', { name: 'Handle', exact: true }).press('Enter');
  await ann.getByRole('button', { name: 'Give up handle', exact: true }).waitFor();
  await ann.getByRole('textbox', { name: 'Handle to look up', exact: true }).fill('ann');
  await ann.getByRole('textbox', { name: 'Handle to look up', exact: true }).press('Enter');
  await ann.getByText('This is you.').waitFor();
  await look(ann, 'a handle looked up');
  await ann.getByRole('button', { name: 'Export keys', exact: true }).click();
  await ann.getByRole('textbox', { name: 'File password', exact: true }).waitFor();
  await look(ann, 'export');
  await ann.keyboard.press('Escape');

  const press = (name: string) => ann.getByRole('button', { name, exact: true }).click();
  await press('Conversation details');
  await ann.getByRole('dialog', { name: 'Conversation details', exact: true }).waitFor();
  await look(ann, 'conversation details');
  await press('Delete conversation');
  await ann.getByRole('alertdialog', { name: 'Delete?', exact: true }).waitFor();
  await look(ann, 'delete');
  await ann.keyboard.press('Escape');
  await press('Block');
  await ann.getByRole('button', { name: 'Unblock', exact: true }).waitFor();
  await look(ann, 'blocked');

  const other = await stage.page(annBrowser, server.url);
  await other.getByRole('heading', { name: 'Who are you?', exact: true }).waitFor();
  await look(other, 'who are you');
  await other.getByRole('button', { name: 'Ann', exact: true }).click();
  await other.getByRole('heading', { name: 'Open in another tab', exact: true }).waitFor();
  await look(other, 'elsewhere');
  await other.goto(link.slice(0, -8));
  await expectAlert(other, /damaged/);
  await look(other, 'trouble');
  expect(found).toEqual([]);
});

test('no screen of passkeys has a serious finding', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  await browser.addInitScript(axe.source);
  const page = await stage.page(browser, server.url);
  await Authenticator.plugIn(page);
  await startProtected(page, 'Ann');
  const settings = await openSettings(page);
  await button(settings, 'Add a passkey').click();
  await button(settings, 'Require both').waitFor();
  const found = await findings(page, 'a passkey added');
  await button(settings, 'Require both').click();
  found.push(...(await findings(page, 'require both')));
  await textbox(settings, 'Passphrase').fill(PASSPHRASE);
  await button(settings, 'Require both').click();
  await button(settings, 'Stop requiring both').waitFor();
  found.push(...(await findings(page, 'both required')));
  await button(settings, 'Lock').click();
  await page.getByText('Your passkey is asked for next.').waitFor();
  found.push(...(await findings(page, 'locked by both')));
  expect(found).toEqual([]);
});

test('no screen of a protected profile has a serious finding', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  await browser.addInitScript(axe.source);
  const ann = await stage.page(browser, server.url);
  const found: string[] = [];
  const look = async (screen: string) => found.push(...(await findings(ann, screen)));

  await button(ann, 'Protect with a passphrase').click();
  await look('first visit with a passphrase');
  await textbox(ann, 'Your name').fill('Ann');
  await textbox(ann, 'Passphrase').fill(PASSPHRASE);
  await button(ann, 'Start').click();
  await ann.setViewportSize({ width: 1280, height: 800 });
  const settings = await openSettings(ann);
  await button(settings, 'Make a recovery code').click();
  await button(settings, 'I have written it down').waitFor();
  await look('recovery code');
  await button(settings, 'I have written it down').click();
  await button(settings, 'Remove recovery code').waitFor();
  await button(settings, 'Change passphrase').click();
  await look('settings of a protected profile');
  await button(settings, 'Lock').click();
  await button(ann, 'Use recovery code').waitFor();
  await look('locked');
  await button(ann, 'Use recovery code').click();
  await look('locked, by recovery code');
  expect(found).toEqual([]);
});

test('no screen of backups has a serious finding', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  await browser.addInitScript(axe.source);
  const found: string[] = [];
  const look = async (screen: string) => found.push(...(await findings(page, screen)));
  const page = await stage.page(browser, server.url);
  await page.getByRole('button', { name: 'Restore from a backup', exact: true }).click();
  await page.getByRole('button', { name: 'Use a backup file', exact: true }).click();
  await page.getByRole('button', { name: 'Find backup', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await look('restore, without a file');
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await start(page, 'Ann');
  const settings = page.getByRole('dialog', { name: 'Settings', exact: true });
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await settings.getByRole('button', { name: 'Back up now', exact: true }).click();
  const words = settings.getByRole('list', { name: 'Your recovery code', exact: true }).getByRole('listitem');
  await words.last().waitFor();
  const code = (await words.allTextContents()).join(' ');
  await look('recovery code');
  await settings.getByRole('button', { name: 'I have written it down', exact: true }).click();
  await settings.getByText('Backed up.').waitFor();
  await look('backed up');
  await settings.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByRole('textbox', { name: 'Recovery code', exact: true }).fill(code);
  await page.getByRole('button', { name: 'Find backup', exact: true }).click();
  await page.getByText('This is backup number 1').waitFor();
  await look('found');
  expect(found).toEqual([]);
}, 90_000);

test('the journey needs no mouse', async ({ stage }) => {
  const server = await stage.server();
  const ann = await stage.page(await stage.person(), server.url);
  /** Walks with Tab until a control of this name has the focus. */
  const tabTo = async (page: Page, name: string) => {
    for (let i = 0; i < 20; i++) {
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute('aria-label') ?? element?.textContent?.trim();
      });
      if (focused === name) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${name}.`);
  };

  await ann.getByRole('textbox', { name: 'Your name', exact: true }).waitFor();
  await ann.keyboard.type('Ann');
  await ann.keyboard.press('Enter');
  await ann.getByRole('button', { name: 'New invite', exact: true }).waitFor();
  await tabTo(ann, 'New invite');
  await ann.keyboard.press('Enter');
  const link = await ann.getByRole('textbox', { name: 'Invite link', exact: true }).inputValue();

  const bob = await stage.page(await stage.person(), link);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await bob.keyboard.type('Bob');
  await bob.keyboard.press('Enter');
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  // Whoever comes into a conversation can write at once.
  await bob.keyboard.type('Typed without a click.');
  await bob.keyboard.press('Enter');
  await expectMessage(ann, 'Typed without a click.');
  await tabTo(ann, 'Settings');
  await ann.keyboard.press('Enter');
  await ann.getByRole('dialog', { name: 'Settings', exact: true }).waitFor();
  await ann.keyboard.press('Escape');
  await ann.getByRole('dialog').waitFor({ state: 'detached' });
  await tabTo(ann, 'Settings');
});
