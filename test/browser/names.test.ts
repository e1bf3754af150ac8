/** Names and texts that pretend to be something else. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  createInvite,
  expectConversation,
  expectMessage,
  expectState,
  join,
  meet,
  messages,
  newcomer,
  send,
  start,
} from './journey.ts';
import type { Server } from './server.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

/** Ann, and somebody of each name who has joined her. */
async function gathering(stage: Stage, server: Server, names: string[]): Promise<[Page, ...Page[]]> {
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const guests: Page[] = [];
  for (const name of names) {
    const guest = await newcomer(stage, server.url);
    await join(guest, await createInvite(ann), name);
    await expectConversation(ann, name);
    guests.push(guest);
  }
  return [ann, ...guests];
}

const items = (page: Page) => page.getByRole('navigation', { name: 'Conversations', exact: true }).getByRole('button');

test('people whose names look alike get digits, and so does who is called as one is oneself (fault 20)', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ann, , , you] = await gathering(stage, server, ['Bob', 'Воb', 'Yоu']);
  // The newest is on top.
  const names = await items(ann).allInnerTexts();
  expect(names.map((name) => name.replace(/[0-9a-f]{4}$/, '#'))).toEqual(['Yоu #', 'Воb #', 'Bob #']);
  expect(new Set(names.map((name) => name.slice(-4))).size).toBe(3);

  await ann.getByText('This name mixes letters of different alphabets').waitFor();
  await send(you!, 'it is me');
  await expectMessage(ann, 'it is me');
  await send(ann, 'is it');
  await expectState(ann, 'is it', 'Delivered');
  const labels = await ann.getByRole('article').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  expect(labels[0]).toMatch(/^Yоu [0-9a-f]{4}, \d\d:\d\d$/);
  expect(labels[1]).toMatch(/^You, \d\d:\d\d$/);
  expect(await ann.title()).toBe('Sotto');
});

test('a name of any script is whole, alone, and by itself: it moves nothing around it', async ({ stage }) => {
  const server = await stage.server();
  // Both begin from the right: what follows them, digits above all, must not be drawn into them.
  const long = 'שרה 1'.repeat(12);
  const [ann, , guest] = await gathering(stage, server, ['שרה בת 3', long]);
  await send(guest!, 'שלום 12');
  await expectMessage(ann, 'שלום 12');
  const article = ann.getByRole('article', { name: new RegExp(`^${long}, \\d\\d:\\d\\d$`) });
  await article.waitFor();
  for (const name of ['שרה בת 3', long]) {
    await items(ann)
      .and(ann.getByRole('button', { name, exact: true }))
      .waitFor();
  }
  const heading = ann.getByRole('heading', { name: long, exact: true });
  expect(await heading.locator('bdi').count()).toBe(1);
  // The button to the right of a name that does not fit is where it was.
  const details = await ann.getByRole('button', { name: 'Conversation details', exact: true }).boundingBox();
  expect(details!.x + details!.width).toBeLessThanOrEqual(1024);
});

test('a text that pretends to be another file shows how it was made (fault 20)', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  const text = 'photo_\u202egpj.exe';
  await send(bob, text);
  await ann.getByRole('article').waitFor();
  const shown = ann.getByRole('article').locator('.text');
  expect(await shown.evaluate((element) => element.textContent?.trim())).toBe(text);
  expect(await shown.locator('.disguise').getAttribute('data-code')).toBe('U+202E');
  // In the order in which it was written: what ends in .exe ends there.
  const lefts = await shown.evaluate((element) => {
    const range = document.createRange();
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const found: number[] = [];
    while (walker.nextNode()) {
      const node = walker.currentNode as Text;
      for (let at = 0; at < node.length; at++) {
        if (!/[a-z.]/.test(node.data[at]!)) continue;
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        found.push(range.getBoundingClientRect().left);
      }
    }
    return found;
  });
  expect(lefts).toHaveLength('photogpj.exe'.length);
  expect(lefts).toEqual(lefts.toSorted((one, other) => one - other));
  expect(await messages(ann, 'photo_gpj.exe').count()).toBe(0);
});
