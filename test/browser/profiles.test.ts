/** Profiles: switching, renaming, renewing keys and erasing; and what is left on the disk of an erased one. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  button,
  expectAlert,
  expectConnection,
  expectHome,
  expectMessage,
  expectState,
  meet,
  open,
  press,
  send,
  start,
  textbox,
} from './journey.ts';
import { startProtected } from './locks.ts';
import { bytesMarker, findInFolder, type Marker } from './search.ts';
import { test } from './test.ts';

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

async function rename(page: Page, name: string): Promise<void> {
  await press(page, 'Settings');
  await textbox(page, 'Your name').fill(name);
  await press(page, 'Change name');
}

async function erase(page: Page): Promise<void> {
  await press(page, 'Erase this profile');
  await page.getByRole('alertdialog', { name: 'Erase?', exact: true }).waitFor();
  await press(page, 'Erase for good');
}

const databases = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).length);

test('someone switches to another profile of this browser, and back', async ({ stage }) => {
  const { url } = await stage.server();
  const browser = await stage.person();
  const page = await stage.page(browser, url);
  await start(page, 'Ann');
  await press(page, 'Settings');
  await press(page, 'Switch profile');
  await heading(page, 'Who are you?').waitFor();
  await press(page, 'New profile');
  await start(page, 'Ben');
  await press(page, 'Settings');
  await press(page, 'Switch profile');
  await press(page, 'Ann');
  await expectHome(page);
  await page.getByText('Ann', { exact: true }).first().waitFor();
  // The other is free for another tab.
  const second = await stage.page(browser, url);
  await expectHome(second);
});

test('another name stands here at once, and with others when they connect again', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await rename(bob, '  Robert  of Ely ');
  await bob.getByText('Changed.').waitFor();
  expect(await textbox(bob, 'Your name').inputValue()).toBe('Robert of Ely');
  await textbox(bob, 'Your name').fill(' ');
  await press(bob, 'Change name');
  await expectAlert(bob, 'Choose a name of 1 to 64 characters.');
  await bob.reload();
  await expectHome(bob);
  await heading(ann, 'Robert of Ely').waitFor();
});

test('another name stands on a protected profile, too', async ({ stage }) => {
  const { url } = await stage.server();
  const page = await stage.page(await stage.person(), url);
  await startProtected(page, 'Ann');
  await rename(page, 'Anne');
  await page.getByText('Changed.').waitFor();
  await page.reload();
  await heading(page, 'Anne is locked').waitFor();
});

test('keys are renewed on request, and the conversation goes on', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  const cardOf = async () =>
    (await (await fetch(`${server.url}/keys/${fingerprint}`)).json()) as { wrappingKey: string };
  await press(ann, 'Settings');
  const dialog = ann.getByRole('dialog', { name: 'Settings', exact: true });
  const fingerprint = /[0-9a-f]{64}/.exec(((await dialog.textContent()) ?? '').replace(/\s/g, ''))![0];
  const before = await cardOf();
  await press(ann, 'Renew keys');
  await ann.getByText('Renewed.').waitFor();
  expect((await cardOf()).wrappingKey).not.toBe(before.wrappingKey);
  await ann.keyboard.press('Escape');
  await send(bob, 'To the new keys.');
  await expectMessage(ann, 'To the new keys.');
  await ann.reload();
  await open(ann, 'Bob');
  await expectConnection(ann, 'Connected directly');
  await send(ann, 'And from them.');
  await expectState(ann, 'And from them.', 'Delivered');
});

test('an erased profile is gone, and whoever comes next is welcomed as somebody new', async ({ stage }) => {
  const { url } = await stage.server();
  const browser = await stage.person();
  const page = await stage.page(browser, url);
  await start(page, 'Ann');
  await press(page, 'Settings');
  await press(page, 'Erase this profile');
  const cancel = button(page, 'Cancel');
  await cancel.waitFor();
  await expect.poll(() => cancel.evaluate((one) => one === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await cancel.waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await expectHome(page);
  await press(page, 'Settings');
  await erase(page);
  await heading(page, 'Welcome to Sotto').waitFor();
  expect(await databases(page)).toBe(0);
  await page.reload();
  await heading(page, 'Welcome to Sotto').waitFor();
});

test('a profile that is erased in one tab is let go by the other, which cannot bring it back', async ({ stage }) => {
  const { url } = await stage.server();
  const browser = await stage.person();
  const first = await stage.page(browser, url);
  await startProtected(first, 'Ann');
  const second = await stage.page(browser, url);
  await press(second, 'Ann');
  await press(second, 'Use here');
  await erase(second);
  await heading(second, 'Welcome to Sotto').waitFor();
  await heading(first, 'Open in another tab').waitFor();
  await press(first, 'Use here');
  await expectAlert(first, 'This profile is not in this browser any more.');
  expect(await databases(first)).toBe(0);
});

test('a locked profile whose passphrase is lost, and one that cannot be read, can be erased', async ({ stage }) => {
  const { url } = await stage.server();
  const page = await stage.page(await stage.person(), url);
  await startProtected(page, 'Ann');
  await page.reload();
  await erase(page);
  await heading(page, 'Welcome to Sotto').waitFor();

  await start(page, 'Ben');
  await page.evaluate(async () => {
    const [{ name = '' } = {}] = await indexedDB.databases();
    const request = indexedDB.open(name);
    await new Promise((resolve) => (request.onsuccess = resolve));
    const transaction = request.result.transaction('records', 'readwrite', { durability: 'strict' });
    transaction.objectStore('records').put(Uint8Array.of(1, 2, 3), 'identity');
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    request.result.close();
  });
  await page.reload();
  await expectAlert(page, 'Something stored in this browser cannot be read');
  await erase(page);
  await heading(page, 'Welcome to Sotto').waitFor();
  expect(await databases(page)).toBe(0);
});

/** Keeps what this page's WebCrypto is given and gives of the size of a key: the vault's key and all that follows from it. */
function spyOnKeys(): void {
  if (!isSecureContext) return;
  const keys: number[][] = [];
  const keep = (value: unknown) => {
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
    if (bytes instanceof Uint8Array && bytes.length === 32 && bytes.some((byte) => byte !== 0)) keys.push([...bytes]);
  };
  const subtle = crypto.subtle as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const [importKey, sign, exportKey] = ['importKey', 'sign', 'exportKey'].map((name) => subtle[name]!.bind(subtle));
  const spies = {
    importKey: (...args: unknown[]) => (keep(args[1]), importKey!(...args)),
    // HKDF begins with the vault's key as what an HMAC is made of.
    sign: (...args: unknown[]) => (keep(args[2]), sign!(...args)),
    exportKey: async (...args: unknown[]) => {
      const exported = await exportKey!(...args);
      // From within the key, where no other has the same.
      if (args[0] === 'pkcs8') keep((exported as ArrayBuffer).slice(900, 932));
      return exported;
    },
  };
  Object.assign(crypto.subtle, spies);
  Object.assign(window, { keysOfThisPage: keys });
}

async function keysUsed(page: Page): Promise<Marker[]> {
  const keys = await page.evaluate(() => (window as unknown as { keysOfThisPage: number[][] }).keysOfThisPage);
  const distinct = [...new Set(keys.map((key) => Buffer.from(key).toString('hex')))];
  return distinct.map((key, index) => bytesMarker(`key ${index}`, Buffer.from(key, 'hex')));
}

test('of an erased profile that was protected from its start, the disk has nothing to open its ciphertext with', async ({
  stage,
}) => {
  const { url } = await stage.server();
  const folder = await stage.folder();
  const browser = await stage.browser(folder);
  await browser.addInitScript(spyOnKeys);
  const page = await stage.page(browser, url);
  await startProtected(page, 'Ann');
  const markers = await keysUsed(page);
  expect(markers.length).toBeGreaterThan(5);
  await press(page, 'Settings');
  await erase(page);
  await heading(page, 'Welcome to Sotto').waitFor();
  await browser.close();
  expect(await findInFolder(folder, markers)).toEqual([]);
});

test('the same search finds the key of a profile that was not protected', async ({ stage }) => {
  const { url } = await stage.server();
  const folder = await stage.folder();
  const browser = await stage.browser(folder);
  await browser.addInitScript(spyOnKeys);
  const page = await stage.page(browser, url);
  await start(page, 'Ann');
  const markers = await keysUsed(page);
  await browser.close();
  expect((await findInFolder(folder, markers)).join()).toMatch(/key \d+ as raw in .*IndexedDB/);
});
