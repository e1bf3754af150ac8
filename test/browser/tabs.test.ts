/** Tabs and profiles: each tab can be somebody else, and a profile is in one tab at a time. */
import type { Page } from 'playwright-core';
import {
  createInvite,
  expectConnection,
  expectConversation,
  expectHome,
  expectMessage,
  open,
  press,
  send,
  start,
} from './journey.ts';
import { test } from './test.ts';

const whoAreYou = (page: Page) => page.getByRole('heading', { name: 'Who are you?', exact: true });
const elsewhere = (page: Page) => page.getByRole('heading', { name: 'Open in another tab', exact: true });

test('two tabs of one browser are two people who meet and talk', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);

  const bob = await stage.page(browser, link);
  await whoAreYou(bob).waitFor();
  await press(bob, 'New profile');
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await press(bob, 'Join');
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  await send(ann, 'One window, two people.');
  await expectMessage(bob, 'One window, two people.');
  await send(bob, 'And it works.');
  await expectMessage(ann, 'And it works.');

  // Each tab stays who it was.
  for (const [page, other] of [
    [ann, 'Bob'],
    [bob, 'Ann'],
  ] as const) {
    await page.reload();
    await open(page, other);
    await expectMessage(page, 'And it works.');
    await expectConnection(page, 'Connected directly');
  }
});

test('a profile that another tab has can be used here, and the other tab lets go', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const first = await stage.page(browser, server.url);
  await start(first, 'Ann');
  const second = await stage.page(browser, server.url);
  await whoAreYou(second).waitFor();
  await press(second, 'Ann');
  await elsewhere(second).waitFor();
  await press(second, 'Use here');
  await expectHome(second);
  await elsewhere(first).waitFor();
  await press(first, 'Use here');
  await expectHome(first);
  await elsewhere(second).waitFor();
});

test('the only free profile opens by itself; of several the tab asks', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const first = await stage.page(browser, server.url);
  await start(first, 'Ann');
  await first.close();

  const second = await stage.page(browser, server.url);
  await expectHome(second);
  const third = await stage.page(browser, server.url);
  await whoAreYou(third).waitFor();
  await press(third, 'New profile');
  await start(third, 'Ben');
  await second.close();
  await third.close();

  const fourth = await stage.page(browser, server.url);
  await whoAreYou(fourth).waitFor();
  await press(fourth, 'Ben');
  await expectHome(fourth);
});

test('one identity connected from two places: the newest stays, the older can be used again', async ({ stage }) => {
  const server = await stage.server();
  const [folder, copy] = [await stage.folder(), await stage.folder()];
  const original = await stage.browser(folder);
  const page = await stage.page(original, server.url);
  await start(page, 'Ann');
  await original.close();
  await stage.copyFolder(folder, copy);

  const older = await stage.page(await stage.browser(folder), server.url);
  await expectHome(older);
  const newer = await stage.page(await stage.browser(copy), server.url);
  await expectHome(newer);
  await elsewhere(older).waitFor();
  await press(older, 'Use here');
  await expectHome(older);
  await elsewhere(newer).waitFor();
});

test('someone else can join from a tab that is signed in', async ({ stage }) => {
  const server = await stage.server();
  const ann = await stage.page(await stage.person(), server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);

  const bob = await stage.page(await stage.person(), server.url);
  await start(bob, 'Bob');
  await bob.goto(link);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await press(bob, 'As someone else');
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bea');
  await press(bob, 'Join');
  await expectConversation(ann, 'Bea');
  await expectConversation(bob, 'Ann');
});
