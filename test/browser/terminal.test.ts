/** People in terminals and people in browsers, and a program: `npm run chat` as it is built and written about. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import { expect } from 'vitest';
import { Program } from '../cli/program.ts';
import {
  createInvite,
  expectConnection,
  expectConversation,
  expectMessage,
  expectState,
  join,
  newcomer,
  press,
  send,
  start,
} from './journey.ts';
import { test } from './test.ts';

/** The client, built. */
const CLIENT = 'dist/cli/main.js';

/** The only program in the documents that is written in JavaScript. */
function botOfTheDocuments(): string {
  const [, code] = /^```js\n(.*?)^```$/ms.exec(readFileSync('README.md', 'utf8')) ?? [];
  return code ?? '';
}

test('somebody in a terminal joins somebody in a browser, and they compare the same digits', async ({ stage }) => {
  const server = await stage.server();
  const page = await newcomer(stage, server.url);
  await start(page, 'Ada');
  const link = await createInvite(page);
  const folder = await stage.folder();
  const bob = new Program(CLIENT, ['join', link, '--json', '--name', 'Bob', '--data', folder]);
  await bob.event(({ event }) => event === 'connected');
  await expectConversation(page, 'Bob');
  await expectConnection(page, 'Connected directly');

  await send(page, 'Good morning, Bob.');
  await bob.event(({ event, text }) => event === 'message' && text === 'Good morning, Bob.');
  await expectState(page, 'Good morning, Bob.', 'Delivered');
  bob.order({ send: 'Good morning, Ada.', to: 'Ada', ref: 1 });
  await expectMessage(page, 'Good morning, Ada.');
  await bob.event(({ event, state }) => event === 'state' && state === 'Read');

  await press(page, 'Verify');
  const shown = await page.getByRole('group', { name: 'Safety number', exact: true }).textContent();
  expect(await bob.end()).toMatchObject({ code: 0, err: '' });
  await expectConnection(page, 'Away');
  const { out } = await new Program(CLIENT, ['verify', 'Ada', '--data', folder]).end();
  expect(out.match(/\b\d{5}\b/g)).toEqual(shown?.match(/\d{5}/g));
});

test('somebody in a browser joins somebody in a terminal, who comes back later', async ({ stage }) => {
  const server = await stage.server();
  const folder = await stage.folder();
  const ada = new Program(CLIENT, ['invite', '--json', '--name', 'Ada', '--server', server.url, '--data', folder]);
  const { link } = await ada.event(({ event }) => event === 'invite');
  const page = await (await stage.browser()).newPage();
  await join(page, link as string, 'Bob');
  await expectConversation(page, 'Ada');
  await ada.event(({ event }) => event === 'connected');
  expect(await ada.end()).toMatchObject({ code: 0, err: '' });

  await expectConnection(page, 'Away');
  await send(page, 'Read this when you are back.');
  await expectState(page, 'Read this when you are back.', 'Waiting');
  const back = new Program(CLIENT, ['open', 'Bob', '--json', '--data', folder]);
  await back.event(({ event, text }) => event === 'message' && text === 'Read this when you are back.');
  await expectState(page, 'Read this when you are back.', 'Delivered');
});

test('the bot of the documents answers whoever opens its link', async ({ stage }) => {
  const code = botOfTheDocuments();
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(10);
  const server = await stage.server();
  const file = pathOf(await stage.folder(), 'bot.mjs');
  writeFileSync(file, code);
  const bot = new Program(file, [], { SOTTO_DATA: await stage.folder(), SOTTO_SERVER: server.url });
  await expect.poll(() => bot.out, { timeout: 30_000 }).toMatch(/^http:\S+\n$/);
  const page = await (await stage.browser()).newPage();
  await join(page, bot.out.trim(), 'Ada');
  await expectConversation(page, 'Echo');
  await send(page, 'hello');
  await expectMessage(page, 'You said: hello');
  // Its client ends when it is gone.
  bot.kill('SIGTERM');
  await expectConnection(page, 'Away');
});
