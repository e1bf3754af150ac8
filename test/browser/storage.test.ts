/** Storage that the browser takes away, in part or altogether: always a sentence, never a stranger in a profile's place. */
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  createInvite,
  expectAlert,
  expectHome,
  expectMessage,
  expectState,
  join,
  meet,
  messages,
  press,
  send,
  start,
} from './journey.ts';
import { judge } from './records.ts';
import { test } from './test.ts';

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
const DELETED = 'This browser has deleted a profile';

/**
 * Has the browser let an origin store so much; of its own choice again without a number. To be called first before the
 * origin is opened, as the browser remembers for a while how much room it found.
 */
async function quotaOf(page: Page, url: string): Promise<(bytes?: number) => Promise<void>> {
  // It holds while this session does.
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(url);
  return async (quotaSize) => {
    await session.send('Storage.overrideQuotaForOrigin', quotaSize === undefined ? { origin } : { origin, quotaSize });
  };
}

/** Fills what room there is, with something else than Sotto's. */
function fill(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const request = indexedDB.open('filler');
    request.onupgradeneeded = () => request.result.createObjectStore('filler');
    await new Promise((resolve) => (request.onsuccess = resolve));
    const put = (bytes: number) =>
      new Promise<boolean>((resolve) => {
        const transaction = request.result.transaction('filler', 'readwrite', { durability: 'strict' });
        transaction.objectStore('filler').put(crypto.getRandomValues(new Uint8Array(bytes)), Math.random());
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
      });
    for (let bytes = 65_536; bytes >= 64; bytes /= 4) while (await put(bytes));
    request.result.close();
  });
}

/** Has the browser delete the databases of a page's origin, as it does when space runs short. */
async function evict(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
}

const names = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

/** Counts how often a page asks the browser to keep its data, and answers as the test says. */
function watchPersist(answer: boolean): void {
  if (!isSecureContext) return;
  let kept = false;
  const asked = { times: 0 };
  Object.assign(window, { asked });
  StorageManager.prototype.persisted = async () => kept;
  StorageManager.prototype.persist = async () => {
    asked.times++;
    kept = answer;
    return answer;
  };
}

const timesAsked = (page: Page) => page.evaluate(() => (window as unknown as { asked: { times: number } }).asked.times);

async function watched(context: BrowserContext, answer: boolean): Promise<void> {
  await context.addInitScript(watchPersist, answer);
}

test('the browser is asked to keep what is stored once there is a conversation to lose, and not before', async ({
  stage,
}) => {
  const server = await stage.server();
  const browser = await stage.browser();
  await watched(browser, true);
  const ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  await press(ann, 'Settings');
  await ann.getByText('This browser may delete your profiles when space on this device runs short.').waitFor();
  expect(await timesAsked(ann)).toBe(0);
  await ann.keyboard.press('Escape');
  await press(ann, 'New invite');
  const link = await ann.getByRole('textbox', { name: 'Invite link', exact: true }).inputValue();
  const bob = await stage.page(await stage.browser(), link);
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await press(bob, 'Join');
  await heading(ann, 'Bob').waitFor();
  await expect.poll(() => timesAsked(ann)).toBe(1);
  await press(ann, 'Settings');
  await ann.getByText('This browser keeps your profiles until you erase them').waitFor();
});

test('a browser that does not agree to keep it can be asked again', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.browser();
  await watched(browser, false);
  const page = await stage.page(browser, server.url);
  await start(page, 'Ann');
  await press(page, 'Settings');
  await press(page, 'Ask it to keep them');
  await page.getByText('It has not agreed to keep them.').waitFor();
  expect(await timesAsked(page)).toBe(1);
});

test('without room a message is kept in its box and says so; with room again all goes on (fault 11)', async ({
  stage,
}) => {
  const server = await stage.server();
  const ann = await (await stage.browser()).newPage();
  const allow = await quotaOf(ann, server.url);
  await allow(3_000_000);
  await ann.goto(server.url);
  await start(ann, 'Ann');
  const bob = await (await stage.browser()).newPage();
  await join(bob, await createInvite(ann), 'Bob');
  await send(ann, 'While there is room.');
  await expectMessage(bob, 'While there is room.');
  await fill(ann);
  const text = 'No room for this. '.repeat(100).trim();
  const box = ann.getByRole('textbox', { name: 'Message', exact: true });
  await box.fill(text);
  await box.press('Enter');
  await expectAlert(ann, 'This browser has no room left for Sotto. Free some disk space, then try again.');
  expect(await box.inputValue()).toBe(text);
  expect(await messages(ann, text).count()).toBe(0);
  expect(await messages(bob, text).count()).toBe(0);

  // What comes cannot be kept either: the other is not told that it was.
  await send(bob, 'Is there room?');
  await ann.getByRole('alert').filter({ hasText: 'no room left' }).first().waitFor();
  await expectState(bob, 'Is there room?', 'Waiting');

  await allow();
  await box.fill('Room again.');
  await box.press('Enter');
  await expectMessage(bob, 'Room again.');
  await expectMessage(ann, 'Is there room?');
  await expectState(bob, 'Is there room?', 'Delivered');
  await ann.getByRole('alert').waitFor({ state: 'detached' });
  await expectState(ann, 'Room again.', 'Delivered');
  await judge(ann, bob, [['While there is room.', 'Room again.'], ['Is there room?']]);
});

test('a profile that is deleted under an open tab is told as such, and nobody new is made (fault 11)', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server, 'Ann', 'Bob', () => stage.browser());
  await send(ann, 'Before.');
  await expectMessage(bob, 'Before.');
  await evict(ann);
  await heading(ann, DELETED).waitFor();
  expect(await names(ann)).toEqual([]);
  await press(ann, 'Go on without it');
  await heading(ann, 'Welcome to Sotto').waitFor();
  expect(await names(ann)).toEqual([]);
  await ann.reload();
  await heading(ann, 'Welcome to Sotto').waitFor();
});

test('a profile that was deleted while nobody looked is missed, until that is acknowledged (fault 11)', async ({
  stage,
}) => {
  const server = await stage.server();
  const browser = await stage.browser();
  const page = await stage.page(browser, server.url);
  await start(page, 'Ann');
  await press(page, 'Settings');
  await press(page, 'Switch profile');
  await press(page, 'New profile');
  await start(page, 'Ben');
  const [name] = await names(page);
  stage.expectProblem(/favicon/);
  await page.goto(`${server.url}/health`);
  await page.evaluate(async (gone) => {
    const request = indexedDB.deleteDatabase(gone);
    await new Promise((resolve) => (request.onsuccess = resolve));
  }, name!);
  for (let visit = 0; visit < 2; visit++) {
    await page.goto(server.url);
    await heading(page, DELETED).waitFor();
  }
  await press(page, 'Go on without it');
  await expectHome(page);
  await page.reload();
  await expectHome(page);
});

test('an invite that is opened where a profile was deleted waits until that is acknowledged', async ({ stage }) => {
  const server = await stage.server();
  const ann = await stage.page(await stage.browser(), server.url);
  await start(ann, 'Ann');
  await press(ann, 'New invite');
  const link = await ann.getByRole('textbox', { name: 'Invite link', exact: true }).inputValue();
  const browser = await stage.browser();
  const bob = await stage.page(browser, server.url);
  await start(bob, 'Bob');
  stage.expectProblem(/favicon/);
  await bob.goto(`${server.url}/health`);
  await evict(bob);
  await bob.goto(link);
  await heading(bob, DELETED).waitFor();
  await press(bob, 'Go on without it');
  await heading(bob, 'Join Ann').waitFor();
});
