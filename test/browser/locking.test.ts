/** A locked profile: its links are closed, and neither its keys nor its texts are left in the tab. */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { profileOf, recordsOf } from './disk.ts';
import {
  button,
  createInvite,
  expectConnection,
  expectConversation,
  expectHome,
  expectMessage,
  join,
  newcomer,
  open,
  send,
  start,
  textbox,
} from './journey.ts';
import { lock, openSettings, PASSPHRASE, setPassphrase, startProtected, tryPassphrase, unlock } from './locks.ts';
import { randomText } from './search.ts';
import { test } from './test.ts';

/** Which of these texts the page's memory holds once all that can be collected is. */
async function remembered(page: Page, texts: readonly string[]): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await session.detach();
  const heap = chunks.join('');
  return texts.filter((text) => heap.includes(text));
}

const isLocked = (page: Page, name: string) =>
  page.getByRole('heading', { name: `${name} is locked`, exact: true }).waitFor();

test('a locked tab holds no text, no draft, no passphrase and no name of others, and its links are closed', async ({
  stage,
}) => {
  const server = await stage.server();
  const [said, heard, draft, passphrase, friend] = [
    randomText(),
    randomText(),
    randomText(),
    randomText(),
    randomText(),
  ];
  const ann = await newcomer(stage, server.url);
  await startProtected(ann, 'Ann', passphrase);
  const link = await createInvite(ann);
  const bob = await newcomer(stage, server.url);
  await join(bob, link, friend);
  await expectConversation(ann, friend);
  await send(ann, said);
  await send(bob, heard);
  await expectMessage(ann, heard);
  await expectMessage(bob, said);
  await textbox(ann, 'Message').fill(draft);
  const secret = new URL(link).hash.slice('#/join/'.length);
  // What is looked for is found as long as it is there.
  expect(await remembered(ann, [said, heard, draft, friend])).toEqual([said, heard, draft, friend]);
  await lock(ann);
  await expectConnection(bob, 'Away');
  // The browser's WebRTC lets go of a link some seconds after it was closed.
  const timeout = 15_000;
  await expect.poll(() => remembered(ann, [said, heard, draft, passphrase, friend, secret]), { timeout }).toEqual([]);
  await unlock(ann, passphrase);
  await open(ann, friend);
  await expectMessage(ann, heard);
  await expectConnection(bob, 'Connected directly');
});

test('a tab that nobody touches locks by itself, hidden or not, and leaves other tabs alone', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const ann = await browser.newPage();
  await ann.clock.install();
  await ann.goto(server.url);
  await startProtected(ann, 'Ann');
  const bob = await stage.page(browser, server.url);
  await button(bob, 'New profile').click();
  await startProtected(bob, 'Bob');
  await ann.clock.runFor(14 * 60_000);
  // Somebody is here.
  for (const tab of [ann, bob]) await tab.keyboard.press('Shift');
  await ann.clock.runFor(14 * 60_000);
  await expectHome(ann);
  // The clock is that of both tabs.
  await bob.keyboard.press('Shift');
  await ann.clock.runFor(61_000);
  await isLocked(ann, 'Ann');
  await expectHome(bob);
  await unlock(ann);
});

test('a device that wakes up after a long sleep locks before the first touch counts', async ({ stage }) => {
  const server = await stage.server();
  const ann = await (await stage.person()).newPage();
  await ann.clock.install();
  await ann.goto(server.url);
  await startProtected(ann, 'Ann');
  // The clock jumps while no timer runs.
  await ann.clock.pauseAt(Date.now() + 60 * 60_000);
  await ann.keyboard.press('Shift');
  await isLocked(ann, 'Ann');
});

test('what others write keeps no tab from locking by itself, though it moves what one sees', async ({ stage }) => {
  const server = await stage.server();
  const ann = await (await stage.person()).newPage();
  await ann.clock.install();
  await ann.goto(server.url);
  await startProtected(ann, 'Ann');
  const bob = await newcomer(stage, server.url);
  await join(bob, await createInvite(ann), 'Bob');
  await expectConversation(ann, 'Bob');
  await ann.clock.runFor(1_000);
  const lines = Array.from({ length: 60 }, (_, line) => `line ${line}`).join('\n');
  await send(bob, lines);
  await ann.clock.runFor(1_000);
  await ann.getByRole('log', { name: 'Messages' }).getByText('line 59').waitFor();
  await ann.keyboard.press('Shift');
  await ann.clock.runFor(14 * 60_000);
  const scrolled = ann.evaluate(() =>
    new Promise((resolve) => addEventListener('scroll', resolve, { capture: true, once: true })).then(() => true),
  );
  await send(bob, `${lines} and more`);
  expect(await scrolled).toBe(true);
  await ann.clock.runFor(61_000);
  await isLocked(ann, 'Ann');
});

test('how long is a choice that stays, and a profile without a passphrase does not lock', async ({ stage }) => {
  const server = await stage.server();
  const ann = await (await stage.person()).newPage();
  await ann.clock.install();
  await ann.goto(server.url);
  await start(ann, 'Ann');
  await ann.clock.runFor(2 * 60 * 60_000);
  await expectHome(ann);
  await setPassphrase(ann, PASSPHRASE);
  const choice = () => ann.getByRole('combobox', { name: /^Lock by itself/ });
  expect(await choice().inputValue()).toBe('15');
  const profile = await profileOf(ann);
  const kept = async () => (await recordsOf(ann, profile)).get('settings/lock-after');
  /** Chooses, and waits until that is on the disk, sealed. */
  const choose = async (name: string) => {
    const before = await kept();
    await choice().selectOption(name);
    await expect.poll(kept).not.toBe(before);
  };
  await choose('Never');
  await ann.clock.runFor(2 * 60 * 60_000);
  await choose('5 minutes');
  await ann.reload();
  await unlock(ann);
  await openSettings(ann);
  expect(await choice().inputValue()).toBe('5');
  await ann.clock.runFor(5 * 60_000 + 1_000);
  await isLocked(ann, 'Ann');
});

test('an invite that is opened in a locked tab stays in its memory, and is taken up once it is unlocked', async ({
  stage,
}) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  const bob = await newcomer(stage, server.url);
  await startProtected(bob, 'Bob');
  await lock(bob);
  await bob.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await isLocked(bob, 'Bob');
  expect(bob.url()).not.toContain('join');
  expect(await bob.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(
    new URL(link).hash.slice('#/join/'.length),
  );
  await tryPassphrase(bob);
  await bob.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await button(bob, 'Join').click();
  await expectConversation(bob, 'Ann');
});
