/** Two people make sure of each other's keys, and nobody else is taken for either. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { pictureOf, seeingBrowser } from './camera.ts';
import {
  createInvite,
  expectAlert,
  expectConversation,
  expectMessage,
  expectState,
  join,
  meet,
  newcomer,
  open,
  press,
  send,
  start,
} from './journey.ts';
import { test } from './test.ts';

const verifyDialog = (page: Page) => page.getByRole('dialog', { name: 'Verify', exact: true });
const verifiedIn = (place: Locator) => place.getByText('Verified', { exact: true });

/** Opens the dialog of the open conversation. @returns its digits. */
async function compare(page: Page): Promise<string> {
  await press(page, 'Verify');
  const group = verifyDialog(page).getByRole('group', { name: 'Safety number', exact: true });
  return (await group.textContent())!.trim();
}

const codeOn = (page: Page) => verifyDialog(page).getByRole('img', { name: 'Safety number QR code', exact: true });

/** What a screen reader tells about a person in the list, besides the name. */
async function description(page: Page, name: string): Promise<string> {
  const list = page.getByRole('navigation', { name: 'Conversations', exact: true });
  const id = await list.getByRole('button', { name, exact: true }).getAttribute('aria-describedby');
  return (await page.locator(`#${id}`).textContent()) ?? '';
}

test('two people see the same sixty digits; who is marked as verified stays so', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server, 'Ann', 'Bob');
  const digits = await compare(ann);
  expect(digits.split(/\s+/)).toHaveLength(12);
  expect(digits).toMatch(/^(\d{5}\s+){11}\d{5}$/);
  expect(await compare(bob)).toBe(digits);
  await codeOn(ann).waitFor();

  expect(await description(ann, 'Bob')).not.toContain('Verified');
  await press(ann, 'Mark as verified');
  await verifiedIn(verifyDialog(ann)).waitFor();
  await ann.keyboard.press('Escape');
  await verifiedIn(ann.getByRole('region', { name: 'Conversation', exact: true })).waitFor();
  expect(await description(ann, 'Bob')).toContain('Verified');

  await ann.reload();
  await open(ann, 'Bob');
  await verifiedIn(ann.getByRole('region', { name: 'Conversation', exact: true })).waitFor();
  expect(await description(ann, 'Bob')).toContain('Verified');
  await compare(ann);
  await press(ann, 'Mark as not verified');
  await ann.getByRole('button', { name: 'Mark as verified', exact: true }).waitFor();
  await ann.keyboard.press('Escape');
  await ann.getByText('Verified', { exact: true }).first().waitFor({ state: 'detached' });
});

test('the camera takes the right code, and says of every other what is wrong with it', async ({ stage }) => {
  const server = await stage.server();
  const seeing = await seeingBrowser(stage);
  const ann = await stage.page(seeing.browser, server.url);
  await start(ann, 'Ann');
  const guests: Page[] = [];
  for (const name of ['Bob', 'Cat']) {
    const guest = await (await stage.person()).newPage();
    await join(guest, await createInvite(ann), name);
    await expectConversation(ann, name);
    await expectConversation(guest, 'Ann');
    await compare(guest);
    guests.push(guest);
  }
  const [bob, cat] = guests as [Page, Page];
  await open(ann, 'Bob');
  await compare(ann);
  const own = await pictureOf(codeOn(ann));

  await seeing.show(await pictureOf(codeOn(cat)));
  await press(ann, 'Scan their code');
  await expectAlert(ann, /another person’s code/);
  await codeOn(ann).waitFor();
  await seeing.show(own);
  await press(ann, 'Scan their code');
  await expectAlert(ann, /your own code/);
  expect(await verifiedIn(ann.locator('body')).count()).toBe(0);

  await seeing.show(await pictureOf(codeOn(bob)));
  await press(ann, 'Scan their code');
  await verifyDialog(ann).getByText('The codes match.', { exact: true }).waitFor();
  await verifiedIn(verifyDialog(ann)).waitFor();
  expect(await ann.getByRole('alert').count()).toBe(0);
});

test('the camera is let go when the dialog closes; without one, the digits are left', async ({ stage }) => {
  const server = await stage.server();
  const seeing = await seeingBrowser(stage);
  const ann = await stage.page(seeing.browser, server.url);
  await start(ann, 'Ann');
  // Playwright has no way to ask whether a camera runs, so each stream is remembered.
  await ann.evaluate(() => {
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    const tracks: MediaStreamTrack[] = [];
    Object.assign(window, { tracks });
    devices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
  const states = () =>
    ann.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.map((track) => track.readyState));
  const bob = await (
    await stage.browser(undefined, { flags: ['--deny-permission-prompts', '--use-fake-device-for-media-stream'] })
  ).newPage();
  await join(bob, await createInvite(ann), 'Bob');
  await expectConversation(ann, 'Bob');
  await compare(ann);
  expect(await states()).toEqual([]);
  await press(ann, 'Scan their code');
  await expect.poll(states).toEqual(['live']);
  await ann.keyboard.press('Escape');
  await expect.poll(states).toEqual(['ended']);

  await compare(bob);
  await press(bob, 'Scan their code');
  await expectAlert(bob, /may not use the camera.*compare the digits aloud/);
  await codeOn(bob).waitFor();
});

test('a newcomer with the name of somebody verified is written to only once verified', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server, 'Ann', 'Bob');
  await compare(ann);
  await press(ann, 'Mark as verified');
  await ann.keyboard.press('Escape');

  const other = await (await stage.person()).newPage();
  await join(other, await createInvite(ann), 'bob');
  await expectConversation(ann, 'bob');
  await expectAlert(
    ann,
    'You know another bob, with another key: this is a different person until you compare safety numbers.',
  );
  expect(await ann.getByRole('textbox', { name: 'Message', exact: true }).count()).toBe(0);
  await send(other, 'It is me, with a new phone.');
  await expectMessage(ann, 'It is me, with a new phone.');

  /** With the digits that people of one name get. */
  const openMarked = async (name: string) => {
    await ann.getByRole('button', { name: new RegExp(`^${name} [0-9a-f]{4}$`) }).click();
    await expectConversation(ann, name);
  };
  await openMarked('Bob');
  expect(await ann.getByRole('alert').count()).toBe(0);
  await send(ann, 'Is it?');
  await expectMessage(bob, 'Is it?');
  await openMarked('bob');
  await compare(ann);
  await press(ann, 'Mark as verified');
  await ann.keyboard.press('Escape');
  await send(ann, 'Welcome back.');
  await expectState(ann, 'Welcome back.', 'Delivered');
  await expectMessage(other, 'Welcome back.');
});

test('somebody who is not there yet has no key to compare', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  await ann.close();
  const bob = await (await stage.person()).newPage();
  await join(bob, link, 'Bob');
  await expectConversation(bob, 'Ann');
  await press(bob, 'Verify');
  await expectAlert(bob, /not been connected yet/);
});
