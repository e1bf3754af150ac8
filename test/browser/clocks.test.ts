/** People whose clocks are a day apart, or jump: what they write is in order, and dated as a person would expect. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { jump, wrongClock } from './clocks.ts';
import { createInvite, expectConversation, expectMessage, expectState, join, send, start } from './journey.ts';
import { judge } from './records.ts';
import { test } from './test.ts';

const DAY = 24 * 60 * 60 * 1000;

const log = (page: Page) => page.getByRole('log', { name: 'Messages', exact: true });
const texts = (page: Page) => log(page).getByRole('article').locator('.text').allTextContents();

/** Dates and messages from top to bottom. */
async function days(page: Page): Promise<string[]> {
  return (await log(page).locator('.day').allTextContents()).map((day) => day.trim());
}

test('a clock that is a day off, and jumps, leaves everything in order, and no day begins twice (fault 13)', async ({
  stage,
}) => {
  const server = await stage.server();
  const browser = await stage.person();
  await wrongClock(browser, DAY);
  const ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const bob = await (await stage.person()).newPage();
  await join(bob, await createInvite(ann), 'Bob');
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  const [anns, bobs]: [string[], string[]] = [[], []];
  for (const offset of [DAY, 0, -DAY, DAY]) {
    await jump(ann, offset);
    for (const [from, to, written] of [
      [ann, bob, anns],
      [bob, ann, bobs],
    ] as const) {
      const text = `${written === anns ? 'Ann' : 'Bob'} ${written.length + 1}`;
      await send(from, text);
      await expectMessage(to, text);
      await expectState(from, text, 'Delivered');
      written.push(text);
    }
  }
  await judge(ann, bob, [anns, bobs]);
  const both = anns.flatMap((text, index) => [text, bobs[index]!]);
  expect(await texts(ann)).toEqual(both);
  expect(await texts(bob)).toEqual(both);
  expect(await days(bob)).toEqual(['Today']);
});
