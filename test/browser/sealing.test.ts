/** Everything is sealed again under a new key in the background: through crashes, a full disk, and changes that follow. */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { fill, openDisk, profileOf, recordsOf } from './disk.ts';
import {
  button,
  createInvite,
  expectAlert,
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
import { expectSealed, lock, openSettings, setPassphrase, unlock } from './locks.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

const FILLER = 400;
const PASSPHRASE = 'a first passphrase';

/** In the page: from its n-th write from now, none reaches the disk any more. */
function stopWritingAt(writes: number): void {
  const begin = Reflect.get(IDBDatabase.prototype, 'transaction') as (...args: unknown[]) => IDBTransaction;
  let left = writes;
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
    if (args[1] === 'readwrite' && --left <= 0) {
      Object.assign(window, { stopped: true });
      throw new DOMException('stopped by the test', 'AbortError');
    }
    return begin.apply(this, args);
  };
}

/** In the page: the disk has no room for any write from now on. */
function fillDisk(): void {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('filled by the test', 'QuotaExceededError');
  };
}

/** In the page: notes how far each sealing shows itself to be, whenever that changes. */
function noteProgress(): void {
  const positions: number[] = [];
  Object.assign(window, { positions });
  new MutationObserver(() => {
    const bar = [...document.querySelectorAll('progress')].find(
      ({ labels }) => labels[0]?.textContent === 'Encrypting everything under a new key',
    );
    if (bar && bar.position !== positions.at(-1)) positions.push(bar.position);
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

/** What was noted. */
const positionsOn = (page: Page) => page.evaluate(() => (window as unknown as { positions: number[] }).positions);

/** Kills the browser, at the boundary of a page of records. */
async function killOnceStopped(stage: Stage, page: Page): Promise<void> {
  await page.waitForFunction(() => 'stopped' in window);
  await stage.kill(page.context());
}

test('sealing again goes on by itself after each crash, loses nothing, and ends without the former key', async ({
  stage,
}) => {
  const server = await stage.server();
  const folder = await stage.folder();
  let browser = await stage.browser(folder);
  let ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const link = await createInvite(ann);
  const bob = await newcomer(stage, server.url);
  await join(bob, link, 'Bob');
  await expectConversation(ann, 'Bob');
  await send(ann, 'Before it was protected.');
  await expectMessage(bob, 'Before it was protected.');
  const id = await profileOf(ann);
  await ann.goto('about:blank');
  let disk = await openDisk(browser, server.url);
  await fill(disk, id, FILLER);
  const before = await recordsOf(disk, id);
  expect([...before.keys()].filter((place) => place.startsWith('log/filler/'))).toHaveLength(FILLER);
  const sealedSince = async () => {
    const now = await recordsOf(disk, id);
    return {
      former: now.has('vault/former-key'),
      fresh: [...before].filter(([place, record]) => place.startsWith('log/filler/') && now.get(place) !== record)
        .length,
      all: now,
    };
  };

  ann = await stage.page(browser, server.url);
  await expectHome(ann);
  const settings = await openSettings(ann);
  await button(settings, 'Protect with a passphrase').click();
  await textbox(settings, 'Passphrase').fill(PASSPHRASE);
  // The name, the new key, two pages of records; then the next.
  await ann.evaluate(stopWritingAt, 5);
  await button(settings, 'Set passphrase').click();
  await killOnceStopped(stage, ann);

  let known = 0;
  for (const writes of [4, 3]) {
    browser = await stage.browser(folder);
    disk = await openDisk(browser, server.url);
    const { former, fresh } = await sealedSince();
    expect(former).toBe(true);
    expect(fresh).toBeGreaterThan(known);
    expect(fresh).toBeLessThan(FILLER);
    known = fresh;
    ann = await stage.page(browser, server.url);
    await ann.getByRole('heading', { name: 'Ann is locked', exact: true }).waitFor();
    await ann.evaluate(stopWritingAt, writes);
    await textbox(ann, 'Passphrase').fill(PASSPHRASE);
    await button(ann, 'Unlock').click();
    await killOnceStopped(stage, ann);
  }

  browser = await stage.browser(folder);
  disk = await openDisk(browser, server.url);
  ann = await stage.page(browser, server.url);
  await unlock(ann, PASSPHRASE);
  await open(ann, 'Bob');
  await expectMessage(ann, 'Before it was protected.');
  await send(ann, 'After all that.');
  await expectMessage(bob, 'After all that.');
  await expectSealed(ann);
  await expect.poll(async () => (await sealedSince()).former).toBe(false);
  const { fresh, all } = await sealedSince();
  expect(fresh).toBe(FILLER);
  for (const place of before.keys()) expect(all.has(place)).toBe(true);
}, 120_000);

test('shows how far it is, and lets the next change of key wait for its end', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  let ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const id = await profileOf(ann);
  await ann.goto('about:blank');
  const disk = await openDisk(browser, server.url);
  await fill(disk, id, 5_000);
  ann = await stage.page(browser, server.url);
  await expectHome(ann);
  await ann.evaluate(noteProgress);
  await setPassphrase(ann, 'a first passphrase');
  await button(ann, 'Change passphrase').click();
  await textbox(ann, 'Passphrase').fill('a second passphrase');
  await button(ann, 'Set passphrase').click();
  await ann.getByText('The new passphrase opens this profile from now on.').waitFor();
  await ann.keyboard.press('Escape');
  await expectSealed(ann);
  const positions = await positionsOn(ann);
  const steps = positions.slice(1).map((position, index) => Math.sign(position - positions[index]!));
  expect(steps.filter((step) => step > 0).length).toBeGreaterThan(4);
  // The second begins anew, once the first is at its end.
  expect(steps.filter((step) => step < 0).length).toBeLessThanOrEqual(1);
  await lock(ann);
  await unlock(ann, 'a second passphrase');
  const left = async () => (await recordsOf(disk, id)).has('vault/former-key');
  await expect.poll(left, { timeout: 15_000 }).toBe(false);
});

test('a disk that is full says so, and the profile opens as before', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const settings = await openSettings(ann);
  await button(settings, 'Protect with a passphrase').click();
  await textbox(settings, 'Passphrase').fill(PASSPHRASE);
  await ann.evaluate(fillDisk);
  await button(settings, 'Set passphrase').click();
  await expectAlert(ann, 'This browser has no room left for Sotto. Free some disk space, then try again.');
  await ann.reload();
  await expectHome(ann);
  await setPassphrase(ann, PASSPHRASE);
  await ann.keyboard.press('Escape');
  await lock(ann);
  await unlock(ann, PASSPHRASE);
});
