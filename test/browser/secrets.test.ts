/**
 * What people say and who they are stays with them: nothing of it is on the disk of a closed browser, in the server's
 * data, or in what went between browser and server.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  createInvite,
  expectConversation,
  expectMessage,
  expectState,
  join,
  newcomer,
  open,
  send,
  start,
} from './journey.ts';
import { lock, makeRecoveryCode, startProtected, unlock } from './locks.ts';
import { bytesMarker, findIn, findInFolder, randomText, textMarker, type Marker } from './search.ts';
import { test } from './test.ts';

/** Keeps a copy of each private key on its one way out of WebCrypto, so that the test can look for it. */
function spyOnKeys(): void {
  if (!isSecureContext) return;
  const keys: number[][] = [];
  const exportKey = crypto.subtle.exportKey.bind(crypto.subtle) as (
    format: string,
    key: CryptoKey,
  ) => Promise<ArrayBuffer>;
  const spy = async (format: string, key: CryptoKey) => {
    const bytes = await exportKey(format, key);
    if (format === 'pkcs8') keys.push([...new Uint8Array(bytes)]);
    return bytes;
  };
  Object.assign(crypto.subtle, { exportKey: spy });
  Object.assign(window, { privateKeys: keys });
}

/** Keeps a copy of what WebCrypto is given as a raw key, or to derive keys from: vault keys, record keys, stretched secrets. */
function spyOnRawKeys(): void {
  if (!isSecureContext) return;
  const keys: number[][] = [];
  type Call = (...args: unknown[]) => Promise<unknown>;
  const importKey = crypto.subtle.importKey.bind(crypto.subtle) as unknown as Call;
  const sign = crypto.subtle.sign.bind(crypto.subtle) as unknown as Call;
  const isKey = (bytes: unknown) => bytes instanceof Uint8Array && (bytes.length === 32 || bytes.length === 16);
  const keep = (bytes: unknown) => isKey(bytes) && keys.push([...(bytes as Uint8Array)]);
  Object.assign(crypto.subtle, {
    importKey: (...args: unknown[]) => {
      if (args[0] === 'raw') keep(args[1]);
      return importKey(...args);
    },
    // The first step of HKDF.
    sign: (...args: unknown[]) => {
      if (args[0] === 'HMAC') keep(args[2]);
      return sign(...args);
    },
  });
  Object.assign(window, { rawKeys: keys });
}

/** The raw keys of a page, each once; not the zeros and small numbers that HKDF is given in place of a salt. */
async function rawKeyMarkers(page: Page): Promise<Marker[]> {
  const keys = await page.evaluate(() => (window as unknown as { rawKeys: number[][] }).rawKeys);
  const random = keys.filter((key) => new Set(key).size > 10).map((key) => Buffer.from(key).toString('hex'));
  return [...new Set(random)].map((key, i) => bytesMarker(`raw key ${i}`, Buffer.from(key, 'hex').subarray(0, 16)));
}

/** 18 bytes, 24 characters of base64, from within each private key that this page has made. */
async function keyMarkers(page: Page, whose: string): Promise<Marker[]> {
  const keys = await page.evaluate(() => (window as unknown as { privateKeys: number[][] }).privateKeys);
  expect(keys).toHaveLength(2);
  return keys.map((key, i) => bytesMarker(`${whose} private key ${i}`, Buffer.from(key.slice(900, 918))));
}

/** Everything that pages of this browser say to the server and hear from it. */
function recordTraffic(context: BrowserContext): Buffer[] {
  const recorded: Buffer[] = [];
  const record = (payload: string | Buffer | null) => {
    if (payload === null) return;
    recorded.push(Buffer.from(payload));
    // Bytes travel as base64url within JSON: look inside as well.
    for (const text of payload.toString().match(/[\w-]{16,}/g) ?? []) recorded.push(Buffer.from(text, 'base64url'));
  };
  context.on('page', (page) =>
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => record(payload));
      socket.on('framereceived', ({ payload }) => record(payload));
    }),
  );
  context.on('request', (request) => record(`${request.url()}\n${JSON.stringify(request.headers())}`));
  context.on('request', (request) => record(request.postDataBuffer()));
  context.on('response', (response) => {
    void response.body().then(record, () => undefined);
  });
  return recorded;
}

test('a closed browser, the server and the wire hold no name, no message and no private key', async ({ stage }) => {
  const data = await stage.folder();
  const server = await stage.server({ DATA_DIR: data, LOG_LEVEL: 'trace' });
  const [annName, bobName] = [randomText(), randomText()];
  const [annSays, bobSays] = [randomText(), randomText()];
  const folders = [await stage.folder(), await stage.folder()] as const;
  const annBrowser = await stage.browser(folders[0]);
  const bobBrowser = await stage.browser(folders[1]);
  const traffic = [recordTraffic(annBrowser), recordTraffic(bobBrowser)];
  for (const context of [annBrowser, bobBrowser]) await context.addInitScript(spyOnKeys);

  const ann = await stage.page(annBrowser, server.url);
  await start(ann, annName);
  const link = await createInvite(ann);
  const bob = await bobBrowser.newPage();
  await join(bob, link, bobName);
  await expectConversation(bob, annName);
  await expectConversation(ann, bobName);
  await send(ann, annSays);
  await expectMessage(bob, annSays);
  await send(bob, bobSays);
  await expectState(bob, bobSays, 'Delivered');

  const markers = [
    textMarker('the name of Ann', annName),
    textMarker('the name of Bob', bobName),
    textMarker('what Ann says', annSays),
    textMarker('what Bob says', bobSays),
    ...(await keyMarkers(ann, 'Ann’s')),
    ...(await keyMarkers(bob, 'Bob’s')),
  ];
  const secret = new URL(link).hash.slice('#/join/'.length);
  const wire = [...markers, bytesMarker('the invite’s secret', Buffer.from(secret, 'base64url').subarray(1, 33))];

  // What is looked for is there as long as the page shows it: a reload brings it back from the disk.
  await bob.reload();
  await open(bob, annName);
  await expectMessage(bob, annSays);
  await annBrowser.close();
  await bobBrowser.close();
  expect(await server.stop()).toBe(0);

  for (const recorded of traffic) {
    expect(recorded.length).toBeGreaterThan(20);
    expect(recorded.flatMap((bytes) => findIn(bytes, wire))).toEqual([]);
  }
  expect(findIn(Buffer.from(server.output), wire)).toEqual([]);
  expect(await findInFolder(data, wire)).toEqual([]);
  for (const folder of folders) expect(await findInFolder(folder, markers)).toEqual([]);
});

test('a profile protected from its start leaves no key, no text and no passphrase on the disk', async ({ stage }) => {
  const server = await stage.server();
  const [passphrase, bobName, annSays, bobSays] = [randomText(), randomText(), randomText(), randomText()];
  const folder = await stage.folder();
  const browser = await stage.browser(folder);
  for (const spy of [spyOnKeys, spyOnRawKeys]) await browser.addInitScript(spy);
  const ann = await stage.page(browser, server.url);
  await startProtected(ann, 'Ann', passphrase);
  const code = await makeRecoveryCode(ann);
  await lock(ann);
  await unlock(ann, passphrase);
  const markers = [
    textMarker('the passphrase', passphrase),
    textMarker('the recovery code', code),
    textMarker('the name of Bob', bobName),
    textMarker('what Ann says', annSays),
    textMarker('what Bob says', bobSays),
    ...(await keyMarkers(ann, 'Ann’s')),
    ...(await rawKeyMarkers(ann)),
  ];
  const link = await createInvite(ann);
  const bob = await newcomer(stage, server.url);
  await join(bob, link, bobName);
  await expectConversation(ann, bobName);
  await send(ann, annSays);
  await expectMessage(bob, annSays);
  await send(bob, bobSays);
  await expectMessage(ann, bobSays);
  await lock(ann);
  await browser.close();
  // The vault key, the record key, the name key, and what the passphrase and the code became, at least.
  expect(markers.length).toBeGreaterThan(7 + 5);
  expect(await findInFolder(folder, markers)).toEqual([]);
});

test('the search finds the vault key of a profile without a passphrase', async ({ stage }) => {
  const server = await stage.server();
  const folder = await stage.folder();
  const browser = await stage.browser(folder);
  await browser.addInitScript(spyOnRawKeys);
  const ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const markers = await rawKeyMarkers(ann);
  await browser.close();
  expect((await findInFolder(folder, markers)).join()).toMatch(/raw key \d+ as raw/);
});

test('the search finds what a page keeps unsealed', async ({ stage }) => {
  const server = await stage.server();
  const folder = await stage.folder();
  const context = await stage.browser(folder);
  const page = await stage.page(context, server.url);
  const [text, key] = [randomText(), Buffer.from(randomText())];
  await page.evaluate(
    async ([kept, keptKey]) => {
      const request = indexedDB.open('unsealed');
      request.onupgradeneeded = () => request.result.createObjectStore('records');
      await new Promise((resolve) => (request.onsuccess = resolve));
      const transaction = request.result.transaction('records', 'readwrite', { durability: 'strict' });
      transaction.objectStore('records').put({ kept, key: Uint8Array.from(keptKey) }, 'a');
      await new Promise((resolve) => (transaction.oncomplete = resolve));
    },
    [text, [...key]] as const,
  );
  await context.close();
  const found = await findInFolder(folder, [textMarker('the text', text), bytesMarker('the key', key)]);
  expect(found.join()).toMatch(/the text as (raw|UTF-16LE)/);
  expect(found.join()).toMatch(/the key as raw/);
});
