/** Handles, with a real server: claimed, looked up, refused, given up and passed on. */
import { expect } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import {
  button,
  expectAlert,
  expectConversation,
  expectHome,
  meet,
  newcomer,
  open,
  start,
  textbox,
} from './journey.ts';
import { test } from './test.ts';

async function settings(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  return page.getByRole('dialog', { name: 'Settings', exact: true });
}

async function claim(dialog: Locator, handle: string): Promise<void> {
  await textbox(dialog, 'Handle').fill(handle);
  await button(dialog, 'Claim handle').click();
}

async function lookUp(dialog: Locator, handle: string): Promise<Locator> {
  await textbox(dialog, 'Handle to look up').fill(handle);
  await textbox(dialog, 'Handle to look up').press('Enter');
  return dialog.getByRole('status', { name: 'Found', exact: true });
}

/** The sixty-four digits that a part of the page shows. */
async function fingerprintIn(where: Locator): Promise<string> {
  return (await where.getByRole('code').first().innerText()).replace(/\s/g, '');
}

test('a handle leads to its owner’s very fingerprint, and to nothing else; a second claimant is refused', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ann, bob] = [await newcomer(stage, server.url), await newcomer(stage, server.url)];
  await Promise.all([start(ann, 'Ann'), start(bob, 'Bob')]);
  const anns = await settings(ann);
  const fingerprint = await fingerprintIn(anns);
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  await claim(anns, 'ann');
  // What came instead of the button has the focus.
  await expect.poll(() => button(anns, 'Give up handle').evaluate((one) => one === document.activeElement)).toBe(true);

  const bobs = await settings(bob);
  const found = await lookUp(bobs, 'Ann');
  await found.getByText('To talk, ask them for an invite.').waitFor();
  expect(await fingerprintIn(found)).toBe(fingerprint);
  const digits = await found.getByRole('group', { name: 'Safety number', exact: true }).innerText();
  expect(digits.replace(/\s/g, '')).toMatch(/^\d{60}$/);
  expect(await found.getByRole('button').count()).toBe(0);

  await claim(bobs, 'ann');
  await expectAlert(bob, 'Somebody else has this handle, or one that looks like it. Choose another one.');
  await claim(bobs, 'bob!');
  await expectAlert(bob, /A handle has 2 to 30 letters from a to z/);
  await claim(bobs, 'bob');
  await button(bobs, 'Give up handle').waitFor();
  await (await lookUp(bobs, 'bob')).getByText('This is you.').waitFor();
  await (await lookUp(bobs, 'nobody-here')).getByText('Nobody on this server has claimed nobody-here.').waitFor();

  await ann.reload();
  await expectHome(ann);
  await button(await settings(ann), 'Give up handle').waitFor();
});

test('a handle that goes to another key says so: at the look-up, and in the conversation after the next sign-in', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  const anns = await settings(ann);
  const annsFingerprint = await fingerprintIn(anns);
  await claim(anns, 'ann');
  await button(anns, 'Give up handle').waitFor();

  const bobs = await settings(bob);
  await (await lookUp(bobs, 'ann')).getByText('This is Ann, with whom you have a conversation.').waitFor();

  await button(anns, 'Give up handle').click();
  await textbox(anns, 'Handle').waitFor();
  const cid = await newcomer(stage, server.url);
  await start(cid, 'Cid');
  const cids = await settings(cid);
  await claim(cids, 'ann');
  await button(cids, 'Give up handle').waitFor();

  // At the sign-in, before he looks it up himself.
  await bob.reload();
  await open(bob, 'Ann');
  const sentence = /The handle “ann” led to this person before, and leads to another key now\./;
  await expectAlert(bob, sentence);
  const again = await settings(bob);
  const found = await lookUp(again, 'ann');
  await expectAlert(bob, '“ann” belonged to another key before.');
  expect(await fingerprintIn(found)).toBe(await fingerprintIn(cids));
  const shown = await again.getByRole('code').allInnerTexts();
  expect(shown.map((text) => text.replace(/\s/g, ''))).toContain(annsFingerprint);

  await button(again, 'Close').click();
  await bob
    .getByRole('alert')
    .filter({ hasText: sentence })
    .getByRole('button', { name: 'Dismiss', exact: true })
    .click();
  await expect.poll(() => bob.getByRole('alert').count()).toBe(0);
  await expectConversation(bob, 'Ann');
});
