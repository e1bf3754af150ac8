/** Passkeys beside a passphrase, and together with it: each opens what it should, and a passkey alone is never all. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { Authenticator } from './authenticator.ts';
import { profileOf, recordsOf } from './disk.ts';
import { button, expectAlert, expectHome, newcomer, start, textbox } from './journey.ts';
import {
  lock,
  makeRecoveryCode,
  openSettings,
  PASSPHRASE,
  setPassphrase,
  startProtected,
  tryPassphrase,
  unlock,
} from './locks.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

/** Ann with a protected profile, and a device for passkeys. */
async function protectedAnn(stage: Stage): Promise<{ page: Page; device: Authenticator }> {
  const page = await newcomer(stage, (await stage.server()).url);
  const device = await Authenticator.plugIn(page);
  await startProtected(page, 'Ann');
  return { page, device };
}

/** Adds a passkey in the settings, and closes them. */
async function addPasskey(page: Page): Promise<void> {
  const settings = await openSettings(page);
  await button(settings, 'Add a passkey').click();
  await settings.getByText('The passkey opens this profile from now on;').waitFor();
  await page.keyboard.press('Escape');
}

/** In the settings: gives the passphrase, and confirms with the passkey. */
async function tryToRequireBoth(settings: Locator, passphrase = PASSPHRASE): Promise<void> {
  await textbox(settings, 'Passphrase').fill(passphrase);
  await button(settings, 'Require both').click();
}

/** Requires both in the settings, and closes them. */
async function requireBoth(page: Page): Promise<void> {
  const settings = await openSettings(page);
  await button(settings, 'Require both').click();
  await tryToRequireBoth(settings);
  await settings.getByText('From now on it takes your passphrase and your passkey.').waitFor();
  await page.keyboard.press('Escape');
}

/** Every record of a page's profile, as it lies on the disk. */
async function records(page: Page): Promise<Map<string, string>> {
  return recordsOf(page, await profileOf(page));
}

/** The records once all are sealed under the newest key. */
async function settledRecords(page: Page): Promise<Map<string, string>> {
  await expect.poll(async () => (await records(page)).has('vault/former-key')).toBe(false);
  return records(page);
}

/** The places whose records differ. */
function changed(before: Map<string, string>, after: Map<string, string>): string[] {
  const places = [...new Set([...before.keys(), ...after.keys()])].filter(
    (place) => before.get(place) !== after.get(place),
  );
  return places.sort();
}

test('a passkey is added without sealing anything again, and opens the profile; so does the passphrase', async ({
  stage,
}) => {
  const { page, device } = await protectedAnn(stage);
  const before = await records(page);
  await addPasskey(page);
  expect(changed(before, await records(page))).toEqual(['slot/1', 'vault/slot-keys']);
  expect(await device.passkeys()).toHaveLength(1);
  await lock(page);
  await button(page, 'Use passkey').click();
  await expectHome(page);
  await page.reload();
  await button(page, 'Use passkey').click();
  await expectHome(page);
  await page.reload();
  await unlock(page);
});

test('a passkey that refuses, or is elsewhere, says so in one sentence, and the passphrase still opens', async ({
  stage,
}) => {
  const { page, device } = await protectedAnn(stage);
  await addPasskey(page);
  await lock(page);
  await device.recognize(false);
  await button(page, 'Use passkey').click();
  await expectAlert(page, 'The passkey was not used: nobody confirmed it, or it is not at hand.');
  await unlock(page);
  await lock(page);
  await device.unplug();
  await Authenticator.plugIn(page);
  await button(page, 'Use passkey').click();
  await expectAlert(page, 'The passkey was not used: nobody confirmed it, or it is not at hand.');
  await unlock(page);
});

test('a passkey that cannot keep secrets, or is there already, changes nothing', async ({ stage }) => {
  const { page, device } = await protectedAnn(stage);
  await addPasskey(page);
  const before = await records(page);
  const settings = await openSettings(page);
  await button(settings, 'Add a passkey').click();
  await expectAlert(page, 'That device holds a passkey of this profile already.');
  await device.unplug();
  await Authenticator.plugIn(page, { secrets: 'never' });
  await button(settings, 'Add a passkey').click();
  await expectAlert(page, 'This passkey cannot keep a secret for Sotto.');
  expect(changed(before, await records(page))).toEqual([]);
});

test('a passkey is never the only way in', async ({ stage }) => {
  const page = await newcomer(stage, (await stage.server()).url);
  await Authenticator.plugIn(page);
  await start(page, 'Ann');
  await button(await openSettings(page), 'Protect with a passphrase').waitFor();
  expect(await button(page, 'Add a passkey').count()).toBe(0);
  await page.keyboard.press('Escape');
  await setPassphrase(page, PASSPHRASE);
  await page.keyboard.press('Escape');
  await addPasskey(page);
  const settings = await openSettings(page);
  await button(settings, 'Remove passkey').waitFor();
  expect(await button(settings, 'Remove passphrase').count()).toBe(0);
});

test('a passkey that is removed leaves a new key behind, and its device is told', async ({ stage }) => {
  const { page, device } = await protectedAnn(stage);
  await addPasskey(page);
  const before = await records(page);
  const settings = await openSettings(page);
  await button(settings, 'Remove passkey').click();
  await button(settings, 'Remove passkey').waitFor({ state: 'detached' });
  const after = await settledRecords(page);
  // All but who owns them and the name on the profile.
  const sealed = [...before.keys()].filter((place) => place !== 'owner' && place !== 'vault/label');
  expect(changed(before, after)).toEqual([...sealed, 'vault/name-key'].sort());
  expect(after.has('slot/1')).toBe(false);
  await expect.poll(() => device.removed.length).toBe(1);
  await page.keyboard.press('Escape');
  await lock(page);
  await tryPassphrase(page, 'another passphrase');
  await expectAlert(page, 'That is not the passphrase of this profile.');
  expect(await button(page, 'Use passkey').count()).toBe(0);
  await unlock(page);
});

test('with both required, neither opens by itself, and both together do', async ({ stage }) => {
  const { page, device } = await protectedAnn(stage);
  await addPasskey(page);
  const settings = await openSettings(page);
  await button(settings, 'Require both').click();
  await settings.getByText('Make a recovery code first, on paper.').waitFor();
  await tryToRequireBoth(settings, 'another passphrase');
  await expectAlert(page, 'That is not the passphrase of this profile. Nothing has changed: try again.');
  await tryToRequireBoth(settings);
  await button(settings, 'Stop requiring both').waitFor();
  const after = await settledRecords(page);
  expect([...after.keys()].filter((place) => place.startsWith('slot/'))).toEqual(['slot/0']);
  expect(device.removed).toEqual([]);
  await page.keyboard.press('Escape');

  await lock(page);
  await page.getByText('Your passkey is asked for next.').waitFor();
  expect(await button(page, 'Use passkey').count()).toBe(0);
  await tryPassphrase(page, 'another passphrase');
  await expectAlert(page, 'That is not the passphrase of this profile.');
  await unlock(page);
  await lock(page);
  await device.unplug();
  await Authenticator.plugIn(page);
  await tryPassphrase(page);
  await expectAlert(page, 'The passkey was not used: nobody confirmed it, or it is not at hand.');
});

test('the passphrase of two factors can be changed, and both still be required', async ({ stage }) => {
  const { page } = await protectedAnn(stage);
  await addPasskey(page);
  await requireBoth(page);
  await setPassphrase(page, 'a second passphrase');
  await button(page, 'Stop requiring both').waitFor();
  await page.keyboard.press('Escape');
  await lock(page);
  await page.getByText('Your passkey is asked for next.').waitFor();
  await tryPassphrase(page);
  await expectAlert(page, 'That is not the passphrase of this profile.');
  await unlock(page, 'a second passphrase');
});

test('a passphrase can be made enough again, and the passkey then opens nothing', async ({ stage }) => {
  const { page, device } = await protectedAnn(stage);
  await addPasskey(page);
  await requireBoth(page);
  const settings = await openSettings(page);
  await button(settings, 'Stop requiring both').click();
  await textbox(settings, 'Passphrase').fill('a second passphrase');
  await button(settings, 'Set passphrase').click();
  await button(settings, 'Add a passkey').waitFor();
  await expect.poll(() => device.removed.length).toBe(1);
  await page.keyboard.press('Escape');
  await lock(page);
  await unlock(page, 'a second passphrase');
});

test('where both are required and the passkey is lost, the recovery code lets a passphrase be set', async ({
  stage,
}) => {
  const { page, device } = await protectedAnn(stage);
  await addPasskey(page);
  const code = await makeRecoveryCode(page);
  const settings = await openSettings(page);
  await button(settings, 'Require both').click();
  await settings.getByText('only your recovery code helps.').waitFor();
  await tryToRequireBoth(settings);
  await button(settings, 'Stop requiring both').waitFor();
  await page.keyboard.press('Escape');
  await lock(page);
  await device.unplug();
  await button(page, 'Use recovery code').click();
  await textbox(page, 'Recovery code').fill(code);
  await button(page, 'Unlock').click();
  await page.getByRole('heading', { name: 'Choose a new passphrase', exact: true }).waitFor();
  await textbox(page, 'Passphrase').fill('a fresh passphrase');
  await button(page, 'Set passphrase').click();
  await expectHome(page);
  await lock(page);
  await unlock(page, 'a fresh passphrase');
});
