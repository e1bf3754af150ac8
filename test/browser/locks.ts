/** What people do with a profile's ways in, by the names that the product promises. */
import type { Locator, Page } from 'playwright-core';
import { button, expectHome, textbox } from './journey.ts';

export const PASSPHRASE = 'correct horse battery';

/** On a first visit: gives a name and a passphrase, and goes in. */
export async function startProtected(page: Page, name: string, passphrase = PASSPHRASE): Promise<void> {
  await textbox(page, 'Your name').fill(name);
  await button(page, 'Protect with a passphrase').click();
  await textbox(page, 'Passphrase').fill(passphrase);
  await button(page, 'Start').click();
  await expectHome(page);
}

/** @returns the settings, open. */
export async function openSettings(page: Page): Promise<Locator> {
  await button(page, 'Settings').click();
  const settings = page.getByRole('dialog', { name: 'Settings', exact: true });
  await settings.waitFor();
  return settings;
}

/** Locks the profile by its button. */
export async function lock(page: Page): Promise<void> {
  await button(await openSettings(page), 'Lock').click();
  await button(page, 'Unlock').waitFor();
}

/** On the page of a locked profile: tries a passphrase. */
export async function tryPassphrase(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await textbox(page, 'Passphrase').fill(passphrase);
  await button(page, 'Unlock').click();
}

/** The same, with the right one. */
export async function unlock(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await tryPassphrase(page, passphrase);
  await expectHome(page);
}

/** Sets a passphrase in the settings, a first or another one, and closes them. */
export async function setPassphrase(page: Page, passphrase: string): Promise<void> {
  const settings = await openSettings(page);
  await settings.getByRole('button', { name: /^(Protect with a passphrase|Change passphrase)$/ }).click();
  await textbox(settings, 'Passphrase').fill(passphrase);
  await button(settings, 'Set passphrase').click();
  await settings.getByText('The new passphrase opens this profile from now on.').waitFor();
}

/** Makes a recovery code in the settings, and confirms it. @returns its words. */
export async function makeRecoveryCode(page: Page): Promise<string> {
  const settings = await openSettings(page);
  await button(settings, 'Make a recovery code').click();
  const words = settings.getByRole('list', { name: 'Your recovery code', exact: true }).getByRole('listitem');
  await words.last().waitFor();
  const code = (await words.allTextContents()).join(' ');
  await button(settings, 'I have written it down').click();
  await settings.getByText('The recovery code opens this profile from now on.').waitFor();
  await page.keyboard.press('Escape');
  return code;
}

/** Waits until no bar says any more that something is left under the key before. */
export async function expectSealed(page: Page, timeout = 15_000): Promise<void> {
  await page.waitForFunction(() => document.querySelector('progress') === null, undefined, { timeout });
}
