/** What is left on the server for somebody who is away, as people meet it: tabs that close, knocks, and a server that keeps nothing. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  button,
  createInvite,
  expectConnection,
  expectConversation,
  expectHome,
  expectMessage,
  expectState,
  newcomer,
  open,
  press,
  send,
  start,
  textbox,
  turn,
} from './journey.ts';
import { findings } from './axe.ts';
import { test } from './test.ts';

const LEAVE = 'Leave it on the server, encrypted';
const KNOCK = 'Let them join while I am away';

const details = (page: Page) => page.getByRole('dialog', { name: 'Conversation details', exact: true });
const inviting = (page: Page) => page.getByRole('dialog', { name: 'Invite', exact: true });

/** Switches something on or off, and waits until it is so. */
async function check(page: Page, name: string, on: boolean): Promise<void> {
  const box = inviting(page).getByRole('checkbox', { name, exact: true });
  await box.setChecked(on);
}

/** In the page: notes on a switch that a script has turned it, though a person had pressed it. */
function noteTurns(box: Element): void {
  const checked = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'checked')!;
  Object.defineProperty(box, 'checked', {
    get: () => checked.get?.call(box) as boolean,
    set: (value: boolean) => {
      if (value !== checked.get?.call(box)) box.setAttribute('data-turned', 'true');
      checked.set?.call(box, value);
    },
  });
}

test('two who are never here together write to each other, and each finds what the other left', async ({ stage }) => {
  const server = await stage.server();
  const [annFolder, bobFolder] = [await stage.folder(), await stage.folder()];
  const [annHome, bobHome] = [await stage.browser(annFolder), await stage.browser(bobFolder)];
  const ann = await stage.page(annHome, server.url);
  await start(ann, 'Ann');
  const bob = await stage.page(bobHome, await createInvite(ann));
  await textbox(bob, 'Your name').fill('Bob');
  await press(bob, 'Join');
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  await expectConnection(ann, 'Connected directly');
  await bobHome.close();

  await ann.evaluate(axe.source);
  await expectConnection(ann, 'Away');
  expect(await button(ann, LEAVE).count()).toBe(0);
  await send(ann, 'Are you there?');
  await expectState(ann, 'Are you there?', 'Waiting');
  await button(ann, LEAVE).waitFor();
  expect(await findings(ann, 'invite')).toEqual([]);
  // By keyboard: from where one writes back to the offer; afterwards one writes on.
  await textbox(ann, 'Message').focus();
  await ann.keyboard.press('Shift+Tab');
  await ann.keyboard.press('Shift+Tab');
  expect(await button(ann, LEAVE).evaluate((element) => element === document.activeElement)).toBe(true);
  await ann.keyboard.press('Enter');
  await expectState(ann, 'Are you there?', 'On the server');
  await button(ann, LEAVE).waitFor({ state: 'detached' });
  expect(await textbox(ann, 'Message').evaluate((element) => element === document.activeElement)).toBe(true);
  await send(ann, 'I go now.');
  await expectState(ann, 'I go now.', 'On the server');
  await press(ann, 'Conversation details');
  const leaving = details(ann).getByRole('switch', {
    name: 'Leave what I write on the server, encrypted',
    exact: true,
  });
  expect(await leaving.isChecked()).toBe(true);
  expect(await findings(ann, 'left')).toEqual([]);
  await annHome.close();

  const bobAgain = await stage.page(await stage.browser(bobFolder), server.url);
  await expectHome(bobAgain);
  await open(bobAgain, 'Ann');
  await expectMessage(bobAgain, 'Are you there?');
  await expectMessage(bobAgain, 'I go now.');
  await expectConnection(bobAgain, 'Away');
  await send(bobAgain, 'Here I am.');
  await press(bobAgain, LEAVE);
  await expectState(bobAgain, 'Here I am.', 'On the server');
  await bobAgain.context().close();

  const annAgain = await stage.page(await stage.browser(annFolder), server.url);
  await expectHome(annAgain);
  await open(annAgain, 'Bob');
  await expectMessage(annAgain, 'Here I am.');
  for (const text of ['Are you there?', 'I go now.']) await expectState(annAgain, text, 'Delivered');
});

test('the offer may be declined, does not come again, and can be taken up later', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const bobHome = await stage.browser();
  const bob = await stage.page(bobHome, await createInvite(ann));
  await textbox(bob, 'Your name').fill('Bob');
  await press(bob, 'Join');
  await expectConversation(ann, 'Bob');
  await expectConnection(bob, 'Connected directly');
  await bobHome.close();
  await expectConnection(ann, 'Away');
  await send(ann, 'one');
  await press(ann, 'Not now');
  await button(ann, LEAVE).waitFor({ state: 'detached' });
  await send(ann, 'two');
  await expectState(ann, 'two', 'Waiting');
  expect(await button(ann, LEAVE).count()).toBe(0);
  await press(ann, 'Conversation details');
  const leaving = details(ann).getByRole('switch', {
    name: 'Leave what I write on the server, encrypted',
    exact: true,
  });
  expect(await leaving.isChecked()).toBe(false);
  await leaving.evaluate(noteTurns);
  await turn(leaving, true);
  expect(await leaving.getAttribute('data-turned')).toBe(null);
  await ann.keyboard.press('Escape');
  await expectState(ann, 'two', 'On the server');
});

test('somebody joins while the maker of their invite is away, and is found', async ({ stage }) => {
  const server = await stage.server();
  const annFolder = await stage.folder();
  const annHome = await stage.browser(annFolder);
  const ann = await stage.page(annHome, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  await ann.evaluate(axe.source);
  const box = inviting(ann).getByRole('checkbox', { name: KNOCK, exact: true });
  expect(await box.isChecked()).toBe(false);
  await check(ann, KNOCK, true);
  expect(await findings(ann, 'offer declined')).toEqual([]);
  await ann.keyboard.press('Escape');
  await press(ann, 'Settings');
  await ann.getByRole('dialog', { name: 'Settings', exact: true }).getByText('also while you are away').waitFor();
  await annHome.close();

  const bob = await newcomer(stage, link);
  await bob.evaluate(axe.source);
  await bob.getByText('you can join all the same').waitFor();
  expect(await findings(bob, 'knocking')).toEqual([]);
  await textbox(bob, 'Your name').fill('Bob');
  await press(bob, 'Join');
  await expectConversation(bob, 'Ann');
  await bob.getByText('Left on the server: Ann will find you when they come back.').waitFor();
  await send(bob, 'I came while you were out.');
  await expectState(bob, 'I came while you were out.', 'On the server');
  expect(await button(bob, LEAVE).count()).toBe(0);
  expect(await findings(bob, 'knock left')).toEqual([]);
  await bob.context().close();

  const back = await stage.page(await stage.browser(annFolder), server.url);
  await expectHome(back);
  await open(back, 'Bob');
  await expectMessage(back, 'I came while you were out.');
});

test('where the server keeps nothing, nothing of it is shown', async ({ stage }) => {
  const server = await stage.server({ MAILBOX: 'off' });
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const bobHome = await stage.browser();
  const link = await createInvite(ann);
  expect(await inviting(ann).getByRole('checkbox').count()).toBe(0);
  const bob = await stage.page(bobHome, link);
  await textbox(bob, 'Your name').fill('Bob');
  expect(await bob.getByText('you can join all the same').count()).toBe(0);
  await press(bob, 'Join');
  await expectConversation(ann, 'Bob');
  await bobHome.close();
  await expectConnection(ann, 'Away');
  await send(ann, 'Are you there?');
  await expectState(ann, 'Are you there?', 'Waiting');
  await ann.getByText('Bob is away. You will be connected when you are both here.').waitFor();
  expect(await button(ann, LEAVE).count()).toBe(0);
  await press(ann, 'Conversation details');
  expect(await details(ann).getByRole('switch').count()).toBe(0);
});
