/** What an invite does, and what it refuses. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  createInvite,
  expectAlert,
  expectConnection,
  expectConversation,
  expectHome,
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

async function settings(page: Page) {
  await press(page, 'Settings');
  return page.getByRole('dialog', { name: 'Settings', exact: true });
}

test('the dialog shows link and code, and makes way when the person comes in', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  const dialog = ann.getByRole('dialog', { name: 'Invite', exact: true });
  await dialog.getByRole('img', { name: 'Invite QR code', exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Copy link', exact: true }).waitFor();

  const bob = await newcomer(stage, link);
  // The secret leaves the address at once.
  await expect.poll(() => bob.url()).toBe(`${server.url}/`);
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await press(bob, 'Join');
  await dialog.waitFor({ state: 'detached' });
  await expectConversation(ann, 'Bob');
});

test('a double click on New invite makes one, and leaves it on the screen', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  await ann.getByRole('button', { name: 'New invite', exact: true }).dblclick();
  const dialog = ann.getByRole('dialog', { name: 'Invite', exact: true });
  await dialog.getByRole('textbox', { name: 'Invite link', exact: true }).waitFor();
  // Nor does any later press beside it, only Close and Escape.
  await ann.mouse.click(5, 5);
  await press(ann, 'Close');
  await dialog.waitFor({ state: 'detached' });
  const pending = (await settings(ann)).getByRole('list', { name: 'Pending invites', exact: true });
  await pending.waitFor();
  expect(await pending.getByRole('listitem').count()).toBe(1);
});

test('New invite may be pressed before the server has answered', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await ann.routeWebSocket(/signal/, async (socket) => {
    await delay(1500);
    socket.connectToServer();
  });
  await start(ann, 'Ann');
  expect(await createInvite(ann)).toContain('#/join/');
});

test('who is signed in need not answer an invite', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  const bob = await newcomer(stage, server.url);
  await start(bob, 'Bob');
  await bob.goto(link);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await press(bob, 'Go to Sotto');
  await expectHome(bob);
  expect(await bob.getByRole('button', { name: 'Ann', exact: true }).count()).toBe(0);
});

test('one’s own invite says so and offers only someone else', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  await ann.goto(link);
  await ann.getByRole('heading', { name: 'Your own invite', exact: true }).waitFor();
  await ann.getByText('This is your own invite.').waitFor();
  await ann.getByRole('button', { name: 'As someone else', exact: true }).waitFor();
  expect(await ann.getByRole('button', { name: 'Join', exact: true }).count()).toBe(0);
  await press(ann, 'Go to Sotto');
  await expectHome(ann);
});

test('an invite from someone already in contact opens the conversation and spends nothing', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  const second = await createInvite(ann);
  await bob.goto(second);
  await expectConversation(bob, 'Ann');
  const cara = await newcomer(stage, server.url);
  await join(cara, second, 'Cara');
  await expectConversation(cara, 'Ann');
});

test('a used invite is refused, and its maker is told', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  // Both have the page open before either joins, so that the server cannot warn the second.
  const [bob, eve] = [await newcomer(stage, link), await newcomer(stage, link)];
  for (const page of [bob, eve]) await page.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await press(bob, 'Join');
  await expectConversation(ann, 'Bob');
  await eve.getByRole('textbox', { name: 'Your name', exact: true }).fill('Eve');
  await press(eve, 'Join');
  await expectAlert(eve, 'This invite has been used. Ask for a new one.');
  await expectAlert(ann, /Somebody tried to join by an invite of yours that had been used already/);

  // Where she was refused nothing says that she still waits, or that there is somebody to write to.
  await eve.getByText('Not let in', { exact: true }).waitFor();
  expect(await eve.getByText(/Waiting for an answer|Nothing written yet|is away/).count()).toBe(0);
  expect(await eve.getByRole('textbox', { name: 'Message', exact: true }).count()).toBe(0);

  // Whoever comes later is told before joining; the one who spent it just goes on.
  const late = await newcomer(stage, link);
  await expectAlert(late, 'This invite has been used. Ask for a new one.');
  await bob.goto(link);
  await expectConversation(bob, 'Ann');
});

test('a cancelled invite lets nobody in', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  await ann.keyboard.press('Escape');
  const dialog = await settings(ann);
  const pending = dialog.getByRole('list', { name: 'Pending invites', exact: true });
  await pending.getByRole('button', { name: 'Cancel invite', exact: true }).click();
  await expect.poll(() => dialog.getByRole('button', { name: 'Cancel invite', exact: true }).count()).toBe(0);
  stage.expectProblem(/404 .*\/invites/);
  const bob = await newcomer(stage, link);
  await expectAlert(bob, 'This invite is no longer valid. Ask for a new one.');
});

test('a link that is cut short or is none gets one clear sentence (fault 21)', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  const bob = await newcomer(stage, link.slice(0, -10));
  await expectAlert(bob, /damaged or cut short/);
  await bob.goto(`${server.url}/#/join/`);
  await expectAlert(bob, /damaged or cut short/);
});

test('a link pasted into an open tab works', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  const bob = await newcomer(stage, server.url);
  await start(bob, 'Bob');
  await bob.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await press(bob, 'Join');
  await expectConversation(ann, 'Bob');
});

test('the maker is away: the conversation waits, keeps its messages over a reload, and connects later', async ({
  stage,
}) => {
  const server = await stage.server();
  const folder = await stage.folder();
  const home = await stage.browser(folder);
  const ann = await stage.page(home, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  await home.close();

  const bob = await newcomer(stage, link);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await press(bob, 'Join');
  await expectConversation(bob, 'Ann');
  await expectConnection(bob, 'Away');
  await bob.getByText('Ann is away. You will be connected when you are both here.').waitFor();
  await send(bob, 'I came while you were out.');
  await expectState(bob, 'I came while you were out.', 'Waiting');
  await bob.reload();
  await open(bob, 'Ann');
  await expectState(bob, 'I came while you were out.', 'Waiting');

  const back = await stage.page(await stage.browser(folder), server.url);
  await expectHome(back);
  await expectState(bob, 'I came while you were out.', 'Delivered');
  await open(back, 'Bob');
  await expectMessage(back, 'I came while you were out.');
});
