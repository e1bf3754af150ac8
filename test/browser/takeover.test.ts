/** A profile goes from one tab to another while it is written in, and dies with its tab: one writer at a time, and nothing lost. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { crash } from './crash.ts';
import {
  createInvite,
  expectConversation,
  expectHome,
  expectMessage,
  expectState,
  join,
  open,
  press,
  send,
  start,
} from './journey.ts';
import { deviceOf, judge, textsOn } from './records.ts';
import { test } from './test.ts';
import { startTyping } from './typing.ts';

/** How long a profile may be without a tab that can have it, once somebody asks for it. */
const TAKEOVER = 5_000;

const home = (page: Page) => page.getByRole('navigation', { name: 'Conversations', exact: true });
const whoAreYou = (page: Page) => page.getByRole('heading', { name: 'Who are you?', exact: true });
const elsewhere = (page: Page) => page.getByRole('heading', { name: 'Open in another tab', exact: true });

/** Expects that the heir writes where the dead tab ended, and that both then have the same: what Bob had read, and all else. */
async function expectGoesOn(heir: Page, bob: Page): Promise<void> {
  await open(heir, 'Bob');
  await send(heir, 'From the heir.');
  await expectMessage(bob, 'From the heir.');
  await expectState(heir, 'From the heir.', 'Delivered');
  const { ours } = await textsOn(await deviceOf(heir), await deviceOf(bob));
  await judge(heir, bob, [ours, []]);
  expect(ours.slice(0, 3)).toEqual([1, 2, 3].map((number) => `Before the end ${number}`));
}

test('a profile whose tab was killed as it wrote is taken over within five seconds, with all that was promised (fault 12)', async ({
  stage,
}) => {
  const server = await stage.server();
  const browser = await stage.browser();
  const dead = await stage.page(browser, server.url);
  await start(dead, 'Ann');
  const bob = await (await stage.browser()).newPage();
  await join(bob, await createInvite(dead), 'Bob');
  await expectConversation(dead, 'Bob');
  const heir = await stage.page(browser, server.url);
  await press(heir, 'Ann');
  await elsewhere(heir).waitFor();

  await startTyping(dead, 'Before the end', 20);
  await expectMessage(bob, 'Before the end 3');
  stage.expectProblem(/a page crashed/);
  await crash(dead);
  const began = performance.now();
  await press(heir, 'Use here');
  await home(heir).waitFor({ state: 'attached', timeout: TAKEOVER });
  console.log(`Taken over after ${Math.round(performance.now() - began)} ms.`);
  await expectGoesOn(heir, bob);
});

test('a profile whose browser was killed as it wrote opens in one tab of it, with all that was promised (fault 12)', async ({
  stage,
}) => {
  const server = await stage.server();
  const folder = await stage.folder();
  const dead = await stage.page(await stage.browser(folder), server.url);
  await start(dead, 'Ann');
  const bob = await (await stage.browser()).newPage();
  await join(bob, await createInvite(dead), 'Bob');
  await expectConversation(dead, 'Bob');
  await startTyping(dead, 'Before the end', 20);
  await expectMessage(bob, 'Before the end 3');
  await stage.kill(dead.context());

  const again = await stage.browser(folder);
  const tabs = [await again.newPage(), await again.newPage()];
  const began = performance.now();
  await Promise.all(tabs.map((tab) => tab.goto(server.url)));
  // Which of them is first is up to the browser.
  const heir = await Promise.any(
    tabs.map(async (tab) => {
      await home(tab).waitFor({ state: 'attached', timeout: TAKEOVER });
      return tab;
    }),
  );
  console.log(`Open again after ${Math.round(performance.now() - began)} ms.`);
  const other = tabs.find((tab) => tab !== heir)!;
  await elsewhere(other).or(whoAreYou(other)).waitFor();
  await expectGoesOn(heir, bob);
});

test('of two tabs that write in one profile at once, the one that has it alone is kept and heard (fault 12)', async ({
  stage,
}) => {
  const server = await stage.server();
  const browser = await stage.browser();
  const first = await stage.page(browser, server.url);
  await start(first, 'Ann');
  const bob = await (await stage.browser()).newPage();
  await join(bob, await createInvite(first), 'Bob');
  await expectConversation(first, 'Bob');
  const second = await stage.page(browser, server.url);
  await press(second, 'Ann');
  await elsewhere(second).waitFor();

  // The first goes on writing, one message after the other, while the second takes the profile.
  const box = first.getByRole('textbox', { name: 'Message', exact: true });
  const writing = (async () => {
    // It has ended, too, if the page is gone.
    const hasEnded = () => elsewhere(first).isVisible().catch(() => true); // prettier-ignore
    for (let number = 1; !(await hasEnded()); number++) {
      // The box may go while it is written in.
      await box.fill(`first ${number}`, { timeout: 500 }).catch(() => undefined);
      await box.press('Enter', { timeout: 500 }).catch(() => undefined);
    }
  })();
  await expectMessage(bob, 'first 3');
  await press(second, 'Use here');
  await expectHome(second);
  await open(second, 'Bob');
  await send(second, 'second 1');
  await writing;
  await elsewhere(first).waitFor();
  await expectMessage(bob, 'second 1');
  await expectState(second, 'second 1', 'Delivered');
  // Both sides hold the same, each once: nothing of the first tab is in the log after it lost the profile.
  const texts = (page: Page) =>
    page
      .getByRole('log', { name: 'Messages', exact: true })
      .getByRole('article')
      .locator('p:first-child')
      .allTextContents();
  // The newest fifty are on every screen; how many more, each decides by itself.
  const shown = (all: string[]) => all.filter((text) => /^(first|second) \d+$/.test(text.trim())).slice(-50);
  await expect.poll(async () => shown(await texts(bob))).toEqual(shown(await texts(second)));
  expect(
    shown(await texts(second))
      .at(-1)
      ?.trim(),
  ).toBe('second 1');
  expect(await bob.getByRole('alert').count()).toBe(0);
  await judge(second, bob);
});
