/** Blocking a person, and deleting a conversation. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  createInvite,
  expectConnection,
  expectConversation,
  expectMessage,
  expectState,
  join,
  meet,
  messages,
  open,
  press,
  send,
} from './journey.ts';
import { test } from './test.ts';

async function details(page: Page): Promise<void> {
  await press(page, 'Conversation details');
  await page.getByRole('dialog', { name: 'Conversation details', exact: true }).waitFor();
}

/** How many records of a kind the profiles of this browser keep. */
async function recordsOf(page: Page, prefix: string): Promise<number> {
  return page.evaluate(async (beginning) => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('the database says no'));
      });
    let count = 0;
    for (const { name } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name!));
      if (database.objectStoreNames.contains('records')) {
        const keys = await settled(database.transaction('records').objectStore('records').getAllKeys());
        count += keys.filter((key) => typeof key === 'string' && key.startsWith(beginning)).length;
      }
      database.close();
    }
    return count;
  }, prefix);
}

test('a blocked person finds one away, and nothing passes, until they are unblocked', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await Promise.all([expectConnection(ann, 'Connected directly'), expectConnection(bob, 'Connected directly')]);
  await details(ann);
  await press(ann, 'Block');
  await ann.getByText('You have blocked Bob. They are not told.').waitFor();
  await expectConnection(ann, 'Away');
  expect(await ann.getByRole('textbox', { name: 'Message', exact: true }).count()).toBe(0);
  const item = ann.getByRole('navigation', { name: 'Conversations' }).getByRole('button', { name: 'Bob', exact: true });
  expect(await item.evaluate((button) => button.parentElement?.textContent)).toContain('Blocked');

  await expectConnection(bob, 'Away');
  await bob.getByText('Ann is away. You will be connected when you are both here.').waitFor();
  await send(bob, 'are you there?');
  await expectState(bob, 'are you there?', 'Waiting');

  await ann.reload();
  await open(ann, 'Bob');
  await ann.getByText('You have blocked Bob.').waitFor();
  await bob.reload();
  await open(bob, 'Ann');
  await expectConnection(bob, 'Away');
  expect(await messages(ann, 'are you there?').count()).toBe(0);

  await press(ann, 'Unblock');
  await expectMessage(ann, 'are you there?');
  await expectState(bob, 'are you there?', 'Delivered');
  await send(ann, 'I am');
  await expectMessage(bob, 'I am');
});

test('a deleted conversation is gone for good, and a new invite begins another', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await send(ann, 'regretted');
  await expectState(ann, 'regretted', 'Delivered');
  expect(await recordsOf(ann, 'log/')).toBeGreaterThan(0);
  await ann.getByRole('textbox', { name: 'Message', exact: true }).fill('half a thought');

  await details(ann);
  await press(ann, 'Delete conversation');
  const question = ann.getByRole('alertdialog', { name: 'Delete?', exact: true });
  await question.getByText('To talk again, one of you needs a new invite from the other.').waitFor();
  await question.getByRole('button', { name: 'Cancel', exact: true }).click();
  await question.waitFor({ state: 'detached' });
  await press(ann, 'Delete conversation');
  await press(ann, 'Delete for good');
  await ann.getByText('No conversations yet.').waitFor();
  expect(await ann.getByRole('dialog').count()).toBe(0);
  await expect.poll(() => recordsOf(ann, 'log/')).toBe(0);
  expect(await recordsOf(ann, 'contact/')).toBe(0);
  await expectConnection(bob, 'Away');
  await expectMessage(bob, 'regretted');
  await ann.reload();
  await ann.getByText('No conversations yet.').waitFor();

  // Bob knows Ann still, so his app opens the conversation, and calls her by the invite.
  const link = await createInvite(ann);
  await bob.goto(link);
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  expect(await ann.getByRole('textbox', { name: 'Message', exact: true }).inputValue()).toBe('');
  await send(bob, 'again');
  await expectMessage(ann, 'again');
  await send(ann, 'hello');
  await Promise.all([expectMessage(ann, 'hello'), expectMessage(bob, 'hello')]);
  expect(await ann.getByRole('article').count()).toBe(2);
  expect(await bob.getByRole('article').count()).toBe(3);
});

test('by an invite of the other, too', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await send(bob, 'one');
  await expectMessage(ann, 'one');
  await details(ann);
  await press(ann, 'Delete conversation');
  await press(ann, 'Delete for good');
  await ann.getByText('No conversations yet.').waitFor();
  await join(ann, await createInvite(bob));
  await expectConversation(ann, 'Bob');
  await bob.keyboard.press('Escape');
  await send(bob, 'two');
  await expectMessage(ann, 'two');
  expect(await ann.getByRole('article').count()).toBe(1);
});
