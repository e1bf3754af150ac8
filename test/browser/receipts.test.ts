/** Read receipts: told when somebody looked, and only where they let it be told. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { expectMessage, expectState, meet, messages, open, send, turn } from './journey.ts';
import { test } from './test.ts';

/** Gives a window the focus, or takes it away. Playwright has every page take itself for focused, so the page is told. */
async function setFocus(page: Page, focused: boolean): Promise<void> {
  await page.evaluate((isFocused) => {
    document.hasFocus = () => isFocused;
    window.dispatchEvent(new Event(isFocused ? 'focus' : 'blur'));
  }, focused);
}

/** The text of a message's state, as it is now. */
async function stateOf(page: Page, text: string): Promise<string> {
  const note = messages(page, text).getByRole('note', { name: 'State', exact: true });
  return (await note.innerText()).trim();
}

test('a message becomes Read when the other looks at it, and not while another window has the focus', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ada, grace] = await meet(stage, server, 'Ada', 'Grace');
  await setFocus(grace, false);
  await send(ada, 'Are you there?');
  await expectMessage(grace, 'Are you there?');
  await expectState(ada, 'Are you there?', 'Delivered');
  // Something that comes back shows that whatever would have been told by now was.
  await send(ada, 'Still here.');
  await expectMessage(grace, 'Still here.');
  await expectState(ada, 'Still here.', 'Delivered');
  expect([await stateOf(ada, 'Are you there?'), await stateOf(ada, 'Still here.')]).toEqual(['Delivered', 'Delivered']);
  await setFocus(grace, true);
  await expectState(ada, 'Are you there?', 'Read');
  await expectState(ada, 'Still here.', 'Read');
});

test('a message is not Read while its conversation is not open', async ({ stage }) => {
  const server = await stage.server();
  const [ada, grace] = await meet(stage, server, 'Ada', 'Grace');
  await grace.goto(server.url);
  await grace.reload();
  await grace.getByRole('navigation', { name: 'Conversations', exact: true }).waitFor();
  for (const text of ['In your own time.', 'No hurry.']) {
    await send(ada, text);
    await expectState(ada, text, 'Delivered');
  }
  expect(await stateOf(ada, 'In your own time.')).toBe('Delivered');
  await open(grace, 'Ada');
  await expectState(ada, 'In your own time.', 'Read');
});

test('who turns it off tells nothing more, still sees what others tell, and finds it so after a reload', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ada, grace] = await meet(stage, server, 'Ada', 'Grace');
  const toggle = grace.getByRole('switch', { name: 'Let others see what you have read', exact: true });
  await grace.getByRole('button', { name: 'Settings', exact: true }).click();
  expect(await toggle.isChecked()).toBe(true);
  await turn(toggle, false);
  await grace.keyboard.press('Escape');
  await send(ada, 'A question.');
  await expectMessage(grace, 'A question.');
  await send(grace, 'An answer.');
  await expectState(grace, 'An answer.', 'Read');
  // Grace's answer came after she had looked at the question.
  await expectMessage(ada, 'An answer.');
  expect(await stateOf(ada, 'A question.')).toBe('Delivered');
  await grace.reload();
  await grace.getByRole('button', { name: 'Settings', exact: true }).click();
  await toggle.waitFor();
  expect(await toggle.isChecked()).toBe(false);
});
