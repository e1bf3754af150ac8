/** People who bring a key of their own: how it comes in and goes out, and that it goes nowhere else. */
import { readFile } from 'node:fs/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, expect } from 'vitest';
import { sha256 } from '../../signal/wire/keys.ts';
import { toHex } from '../../signal/wire/bytes.ts';
import { Openssl } from '../parts/openssl.ts';
import {
  button,
  createInvite,
  expectAlert,
  expectConversation,
  expectHome,
  expectMessage,
  expectState,
  join,
  newcomer,
  send,
  start,
} from './journey.ts';
import { bytesMarker, findIn, textMarker } from './search.ts';
import { test } from './test.ts';

const FILE_PASSWORD = 'correct horse battery';
const openssl = new Openssl();
afterAll(() => openssl.dispose());

const filePassword = (page: Page) => page.getByRole('textbox', { name: 'File password', exact: true });

/** Chooses a file, by the dialog that the button opens. */
async function useOwnKeys(page: Page, file: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await button(page, 'Use my own keys').click();
  await (await chooser).setFiles(file);
}

/** On a first visit: begins as somebody with the key in a file. */
async function startWith(page: Page, name: string, file: string, password?: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your name', exact: true }).fill(name);
  await useOwnKeys(page, file);
  if (password !== undefined) await filePassword(page).fill(password);
  await button(page, 'Start').click();
  await expectHome(page);
}

/** The fingerprint that Settings show. */
async function fingerprintOf(page: Page): Promise<string> {
  await button(page, 'Settings').click();
  const dialog = page.getByRole('dialog', { name: 'Settings', exact: true });
  const shown = await dialog.locator('code').first().textContent();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  return shown!;
}

/** Exports the keys. @returns where the browser has put the file. */
async function exportKeys(page: Page, password: string): Promise<string> {
  await button(page, 'Settings').click();
  await button(page, 'Export keys').click();
  await filePassword(page).fill(password);
  const download = page.waitForEvent('download');
  await button(page, 'Export keys').click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('sotto-key.pem');
  await page.getByRole('status').filter({ hasText: 'Saved as sotto-key.pem.' }).waitFor();
  await page.keyboard.press('Escape');
  return file.path();
}

/** The fingerprint of a key file, as openssl finds it. */
async function fingerprintIn(file: string, password: string): Promise<string> {
  return toHex(
    await sha256(openssl.run('pkey', '-in', file, '-passin', `pass:${password}`, '-pubout', '-outform', 'DER')),
  );
}

/** All that goes out of a browser, or onto its console. */
function recordOutput(context: BrowserContext): Buffer[] {
  const recorded: Buffer[] = [];
  const record = (payload: string | Buffer | null) => {
    if (payload === null) return;
    recorded.push(Buffer.from(payload));
    // Bytes travel as base64url within JSON: look inside as well.
    for (const text of payload.toString().match(/[\w-]{16,}/g) ?? []) recorded.push(Buffer.from(text, 'base64url'));
  };
  context.on('page', (page) =>
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => record(payload))),
  );
  context.on('request', (request) => record(`${request.url()}\n${JSON.stringify(request.headers())}`));
  context.on('request', (request) => record(request.postDataBuffer()));
  context.on('console', (message) => record(message.text()));
  return recorded;
}

/** A piece of each number of a private key: of its modulus, which is public, and of those that no request may hold. */
function piecesOf(file: string, password: string) {
  openssl.run(
    'pkey',
    '-in',
    file,
    '-passin',
    `pass:${password}`,
    '-traditional',
    '-outform',
    'DER',
    '-out',
    'bare.der',
  );
  const parsed = new TextDecoder().decode(openssl.run('asn1parse', '-inform', 'DER', '-in', 'bare.der'));
  const numbers = [...parsed.matchAll(/INTEGER +:([0-9A-F]{64,})/g)].map(([, digits]) => Buffer.from(digits!, 'hex'));
  expect(numbers).toHaveLength(7);
  const [modulus, ...secrets] = numbers.map((number, i) => bytesMarker(`number ${i}`, number.subarray(40, 64)));
  return { modulus: modulus!, secrets };
}

/** An encrypted key that openssl made. @returns its file. */
function makeKey(name: string, bits = 3072): string {
  openssl.run(
    'genpkey',
    '-algorithm',
    'RSA',
    '-pkeyopt',
    `rsa_keygen_bits:${bits}`,
    '-aes-256-cbc',
    '-pass',
    `pass:${FILE_PASSWORD}`,
    '-out',
    name,
  );
  return openssl.path(name);
}

test('a key that openssl made chats with one that the browser made, and is in no request', async ({ stage }) => {
  const file = makeKey('ann.pem', 4096);
  const server = await stage.server();
  const annBrowser = await stage.browser();
  const output = recordOutput(annBrowser);
  const ann = await stage.page(annBrowser, server.url);
  await startWith(ann, 'Ann', file, FILE_PASSWORD);
  expect(await fingerprintOf(ann)).toBe(await fingerprintIn(file, FILE_PASSWORD));

  const bob = await (await stage.person()).newPage();
  await join(bob, await createInvite(ann), 'Bob');
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  await send(ann, 'From a key of openssl.');
  await expectMessage(bob, 'From a key of openssl.');
  await expectState(ann, 'From a key of openssl.', 'Delivered');
  await send(bob, 'From a key of the browser.');
  await expectMessage(ann, 'From a key of the browser.');
  await expectState(bob, 'From a key of the browser.', 'Delivered');

  const exported = await exportKeys(ann, 'another password');
  expect(await fingerprintIn(exported, 'another password')).toBe(await fingerprintIn(file, FILE_PASSWORD));
  const { modulus, secrets } = piecesOf(file, FILE_PASSWORD);
  const markers = [
    ...secrets,
    textMarker('the password of the file', FILE_PASSWORD),
    textMarker('the password of the exported file', 'another password'),
    textMarker('the file', (await readFile(file, 'utf8')).slice(200, 260)),
    textMarker('the exported file', (await readFile(exported, 'utf8')).slice(200, 260)),
  ];
  expect(output.flatMap((bytes) => findIn(bytes, markers))).toEqual([]);
  // The public half does go out, which shows that what goes out is looked at.
  expect(output.flatMap((bytes) => findIn(bytes, [modulus]))).toContain('number 0 as raw');
});

test('exported keys are read by openssl, and begin a profile elsewhere that is the same person', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const fingerprint = await fingerprintOf(ann);
  const file = await exportKeys(ann, FILE_PASSWORD);
  expect(await fingerprintIn(file, FILE_PASSWORD)).toBe(fingerprint);
  const text = openssl.run('pkey', '-in', file, '-passin', `pass:${FILE_PASSWORD}`, '-noout', '-text');
  expect(new TextDecoder().decode(text)).toContain('Private-Key: (3072 bit, 2 primes)');

  const elsewhere = await newcomer(stage, server.url);
  await startWith(elsewhere, 'Ann elsewhere', file, FILE_PASSWORD);
  expect(await fingerprintOf(elsewhere)).toBe(fingerprint);
  await ann.getByRole('heading', { name: 'Open in another tab', exact: true }).waitFor();
});

test('a key of one’s own goes with a passphrase, and with an invite', async ({ stage }) => {
  const plain = openssl.path('plain.pem');
  openssl.rsa('plain.pem', 3072);
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const bob = await (await stage.person()).newPage();
  await bob.goto(await createInvite(ann));
  await bob.getByRole('textbox', { name: 'Your name', exact: true }).fill('Bob');
  await button(bob, 'Protect with a passphrase').click();
  await bob.getByRole('textbox', { name: 'Passphrase', exact: true }).fill('a quiet evening');
  await useOwnKeys(bob, plain);
  expect(await filePassword(bob).count()).toBe(0);
  await button(bob, 'Join').click();
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  await send(bob, 'Hello.');
  await expectMessage(ann, 'Hello.');
  await bob.reload();
  await bob.getByRole('heading', { name: 'Bob is locked', exact: true }).waitFor();
});

test('what is wrong with a key file is told in a sentence, and new keys can be made instead (fault 22)', async ({
  stage,
}) => {
  const server = await stage.server();
  const page = await newcomer(stage, server.url);
  const alert = page.getByRole('alert');
  await page.getByRole('textbox', { name: 'Your name', exact: true }).fill('Ann');
  await useOwnKeys(page, openssl.saved('short.pem', openssl.rsa('short.pem', 2048)));
  await expectAlert(page, 'This key is too short to be safe: choose an RSA key of 3072 or 4096 bits.');
  await button(page, 'Start').click();
  await expectAlert(page, 'Choose your key file first, or let Sotto make new keys.');

  const choice = page.getByLabel('Key file', { exact: true });
  await choice.setInputFiles(openssl.saved('large.pem', new Uint8Array(16_385).fill(0x20)));
  await expectAlert(page, 'This file is too large to hold one key');
  await choice.setInputFiles(makeKey('encrypted.pem'));
  await filePassword(page).waitFor();
  await alert.waitFor({ state: 'detached' });
  await button(page, 'Start').click();
  await expectAlert(page, 'This key file is encrypted: type its password.');
  await filePassword(page).fill('another password');
  await button(page, 'Start').click();
  await expectAlert(page, 'That is not the password of this key file: try again.');
  expect(await alert.count()).toBe(1);
  expect(await filePassword(page).evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);

  await button(page, 'Make new keys instead').click();
  await button(page, 'Start').click();
  await expectHome(page);
});

test('a key that is a profile’s already begins no second one in the same browser', async ({ stage }) => {
  const file = openssl.saved('twice.pem', openssl.rsa('twice.pem', 3072));
  const server = await stage.server();
  const browser = await stage.person();
  await startWith(await stage.page(browser, server.url), 'Ann', file);
  const second = await stage.page(browser, server.url);
  await button(second, 'New profile').click();
  await second.getByRole('textbox', { name: 'Your name', exact: true }).fill('Ann again');
  await useOwnKeys(second, file);
  await button(second, 'Start').click();
  await expectAlert(second, 'These keys are those of another profile in this browser. Open that profile instead.');
});

test('the password of an exported file is not too short', async ({ stage }) => {
  const server = await stage.server();
  const page = await newcomer(stage, server.url);
  await start(page, 'Ann');
  await button(page, 'Settings').click();
  await button(page, 'Export keys').click();
  await filePassword(page).fill('1234567');
  await filePassword(page).press('Enter');
  await expectAlert(page, 'Choose a password of 8 characters or more for the file: a few words are best.');
  const download = page.waitForEvent('download');
  await filePassword(page).fill('12345678');
  await filePassword(page).press('Enter');
  await download;
});
