/** Backing up, restoring on another device, and saving a conversation as a text. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import {
  button,
  expectAlert,
  expectBusy,
  expectConnection,
  expectHome,
  expectMessage,
  expectState,
  meet,
  newcomer,
  open,
  press,
  send,
  start,
  textbox,
  turn,
} from './journey.ts';
import { lock, makeRecoveryCode, openSettings, startProtected } from './locks.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

const settings = (page: Page) => page.getByRole('dialog', { name: 'Settings', exact: true });

/** The twelve words on the screen. */
async function wordsOn(page: Page): Promise<string> {
  const list = page.getByRole('list', { name: 'Your recovery code', exact: true }).getByRole('listitem');
  await expect.poll(() => list.count()).toBe(12);
  return (await list.allTextContents()).join(' ');
}

/** Presses a button that backs up, for the first time: writes down the words. */
async function firstBackup(page: Page, name = 'Back up now'): Promise<string> {
  await openSettings(page);
  await press(settings(page), name);
  const words = await wordsOn(page);
  await press(settings(page), 'I have written it down');
  return words;
}

const expectLast = (page: Page, number: number) =>
  settings(page)
    .getByText(new RegExp(`^Last backup: today at [0-9:]{5}, number ${number}$`))
    .waitFor();

/** In the page: nothing is sealed, and so nothing kept, until it is let go. */
function holdSealing(): void {
  const encrypt = Reflect.get(SubtleCrypto.prototype, 'encrypt') as (...args: unknown[]) => Promise<ArrayBuffer>;
  const held = new Promise<void>((resolve) => Object.assign(window, { letGo: resolve }));
  SubtleCrypto.prototype.encrypt = async function (...args) {
    await held;
    return encrypt.apply(this, args);
  };
}

/** Closes a person's browser, and opens another one with nothing in it. */
async function otherDevice(stage: Stage, old: Page, url: string): Promise<Page> {
  await old.context().close();
  return newcomer(stage, url);
}

/** Restores by the words, from the welcome. */
async function find(page: Page, words: string): Promise<void> {
  await press(page, 'Restore from a backup');
  await textbox(page, 'Recovery code').fill(words);
  await press(page, 'Find backup');
}

test('a backup on the server brings a profile with its conversations to a new device, and talking goes on', async ({
  stage,
}) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await send(ann, 'Before the backup.');
  await send(bob, 'Heard before the backup.');
  await expectMessage(ann, 'Heard before the backup.');
  await expectState(ann, 'Before the backup.', 'Delivered');
  const words = await firstBackup(ann);
  await expectLast(ann, 1);
  await press(settings(ann), 'Back up now');
  await expectLast(ann, 2);

  const again = await otherDevice(stage, ann, server.url);
  await find(again, 'abandon '.repeat(11) + 'about');
  stage.expectProblem(/401/);
  await expectAlert(again, /no backup for this recovery code/);
  await textbox(again, 'Recovery code').fill(words);
  await press(again, 'Find backup');
  await again.getByText(/This is backup number 2 of .*Ann.*, made today at [0-9:]{5}\./).waitFor();
  await again.getByText('What you blocked, deleted or verified since then will be as it was then.').waitFor();
  await press(again, 'Restore');
  await expectHome(again);
  await open(again, 'Bob');
  await expectMessage(again, 'Before the backup.');
  await expectMessage(again, 'Heard before the backup.');
  await expectConnection(again, 'Connected directly');
  await send(again, 'From the new device.');
  await expectMessage(bob, 'From the new device.');
  await send(bob, 'Heard on the new device.');
  await expectMessage(again, 'Heard on the new device.');
  await expectState(again, 'From the new device.', 'Delivered');

  // It is the same backup that goes on.
  await openSettings(again);
  await press(settings(again), 'Back up now');
  await expectLast(again, 3);
});

test('a profile is not restored where it is already', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const words = await firstBackup(ann);
  await expectLast(ann, 1);
  await press(settings(ann), 'Restore');
  await textbox(ann, 'Recovery code').fill(words);
  await press(ann, 'Find backup');
  await press(ann, 'Restore');
  await expectAlert(ann, /in this browser already/);
  await press(ann, 'Back');
  await press(ann, 'Back');
  await expectHome(ann);
});

test('a protected profile comes back protected, by the one recovery code', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await startProtected(ann, 'Ann');
  const words = await makeRecoveryCode(ann);
  await openSettings(ann);
  // The words that open the profile open the backup: none are shown again.
  await press(settings(ann), 'Back up now');
  await expectLast(ann, 1);

  const again = await otherDevice(stage, ann, server.url);
  await find(again, words);
  await press(again, 'Restore');
  await again.getByRole('heading', { name: 'Choose a new passphrase', exact: true }).waitFor();
  await again.reload();
  await again.getByRole('heading', { name: 'Ann is locked', exact: true }).waitFor();
  await textbox(again, 'Recovery code').fill(words);
  await press(again, 'Unlock');
  await again.getByRole('heading', { name: 'Choose a new passphrase', exact: true }).waitFor();
});

test('the settings ask for one thing at a time, and show one recovery code', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await startProtected(ann, 'Ann');
  const dialog = await openSettings(ann);
  const codes = () => dialog.getByRole('heading', { name: 'Your recovery code', exact: true }).count();
  await press(dialog, 'Make a recovery code');
  await wordsOn(ann);
  await press(dialog, 'Back up now');
  const words = await wordsOn(ann);
  expect([await codes(), await button(dialog, 'Not now').count()]).toEqual([1, 1]);
  await press(dialog, 'I have written it down');
  await expectLast(ann, 1);
  expect(await codes()).toBe(0);

  // The code that was kept is the one that opens the profile.
  await press(dialog, 'Change passphrase');
  await press(dialog, 'Not now');
  expect(await button(dialog, 'Not now').count()).toBe(0);
  await press(dialog, 'Make a recovery code');
  await wordsOn(ann);
  await ann.keyboard.press('Escape');
  await openSettings(ann);
  expect(await codes()).toBe(0);
  await ann.keyboard.press('Escape');
  await lock(ann);
  await press(ann, 'Use recovery code');
  await textbox(ann, 'Recovery code').fill(words);
  await press(ann, 'Unlock');
  await ann.getByRole('heading', { name: 'Choose a new passphrase', exact: true }).waitFor();
});

test('that backups go by themselves is a choice, and stays', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  await firstBackup(ann);
  await expectLast(ann, 1);
  const choice = settings(ann).getByRole('switch', { name: 'Back up by itself', exact: true });
  expect(await choice.isChecked()).toBe(false);
  await ann.evaluate(holdSealing);
  await choice.check();
  await expectBusy(choice, true);
  await ann.evaluate(() => (window as unknown as { letGo: () => void }).letGo());
  await expectBusy(choice, false);
  await ann.reload();
  await expectHome(ann);
  await openSettings(ann);
  await expect.poll(() => choice.isChecked()).toBe(true);
  await turn(choice, false);
  await ann.reload();
  await expectHome(ann);
  await openSettings(ann);
  await expect.poll(() => choice.isChecked()).toBe(false);
});

test('a file holds a backup where the server keeps none, and says so if it is damaged', async ({ stage }) => {
  const server = await stage.server({ MAILBOX: 'off' });
  const [ann, bob] = await meet(stage, server);
  await send(ann, 'In the file.');
  await expectState(ann, 'In the file.', 'Delivered');
  const download = ann.waitForEvent('download');
  const words = await firstBackup(ann, 'Back up to a file');
  const file = join(await stage.folder(), 'backup.sotto');
  await (await download).saveAs(file);
  await settings(ann).getByText('This server keeps no backups.').waitFor();
  expect(await button(settings(ann), 'Back up now').count()).toBe(0);
  await expectLast(ann, 1);

  const again = await otherDevice(stage, ann, server.url);
  await find(again, words);
  stage.expectProblem(/404/);
  await expectAlert(again, /This server keeps no backups\. Press “Use a backup file”/);
  await press(again, 'Use a backup file');
  const bytes = await readFile(file);
  expect(bytes.includes('In the file.')).toBe(false);
  const choose = (buffer: Buffer) =>
    again
      .getByLabel('Backup file', { exact: true })
      .setInputFiles({ name: 'backup.sotto', mimeType: 'application/octet-stream', buffer });
  for (const wrong of ['', 'something else']) {
    await choose(Buffer.from(wrong));
    await press(again, 'Find backup');
    await expectAlert(again, /not a backup of Sotto/);
  }
  const changed = Buffer.from(bytes);
  changed[1000]! ^= 1;
  await choose(changed);
  await press(again, 'Find backup');
  await press(again, 'Restore');
  await expectAlert(again, /This backup is damaged: a part of it was cut short or changed/);
  await press(again, 'Back');
  await choose(bytes);
  await press(again, 'Find backup');
  await press(again, 'Restore');
  await expectHome(again);
  await open(again, 'Bob');
  await expectMessage(again, 'In the file.');
  await send(again, 'After the file.');
  await expectMessage(bob, 'After the file.');
});

test('a restore that is broken off leaves no profile behind', async ({ stage }) => {
  const server = await stage.server();
  const ann = await newcomer(stage, server.url);
  await start(ann, 'Ann');
  const words = await firstBackup(ann);
  await expectLast(ann, 1);
  const again = await otherDevice(stage, ann, server.url);
  // The manifest comes, and no chunk.
  await again.route(/\/backups\/[A-Za-z0-9_-]{22}$/, () => undefined);
  await find(again, words);
  await press(again, 'Restore');
  await again.getByRole('status').filter({ hasText: 'Restoring…' }).waitFor();
  await again.reload();
  await again.getByRole('heading', { name: 'Welcome to Sotto', exact: true }).waitFor();
  const databases = () =>
    again.evaluate(async () => (await indexedDB.databases()).filter(({ name }) => name?.startsWith('sotto-')).length);
  await expect.poll(databases).toBe(0);
});

test('a conversation is saved as a text, in its order', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await send(ann, 'One.');
  await expectMessage(bob, 'One.');
  await send(bob, 'Two.');
  await expectMessage(ann, 'Two.');
  await press(ann, 'Conversation details');
  const dialog = ann.getByRole('dialog', { name: 'Conversation details', exact: true });
  await dialog.getByText('The file is not encrypted').waitFor();
  const download = ann.waitForEvent('download');
  await press(dialog, 'Save conversation');
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(/^sotto-conversation-\d{4}-\d\d-\d\d\.txt$/);
  const text = (await readFile(await saved.path(), 'utf8')).replace(/[\u2068\u2069]/g, '');
  expect(text).toMatch(/^Conversation with Bob, saved on .+\n\n.+\n\n.+ {2}Ann: One\.\n.+ {2}Bob: Two\.\n$/);
});
