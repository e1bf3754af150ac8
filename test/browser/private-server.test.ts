/** A private server: an owner comes by token, a guest by invite, a stranger gets nothing but the app's files. */
import { expect } from 'vitest';
import {
  createInvite,
  expectAlert,
  expectConnection,
  expectConversation,
  expectHome,
  expectMessage,
  join,
  open,
  send,
} from './journey.ts';
import { test } from './test.ts';

const TOKEN = 'correct-horse-battery';

test('owner and guest come in, and come back after a restart of server and browsers', async ({ stage }) => {
  const settings = { DATA_DIR: await stage.folder(), ACCESS_TOKEN: TOKEN };
  const server = await stage.server(settings);
  const folders = [await stage.folder(), await stage.folder()] as const;
  const annBrowser = await stage.browser(folders[0]);
  const ann = await stage.page(annBrowser, server.url);
  await ann.getByRole('textbox', { name: 'Your name', exact: true }).fill('Ann');
  await ann.getByRole('textbox', { name: 'Access token', exact: true }).waitFor();
  await ann.getByRole('button', { name: 'Start', exact: true }).click();
  await expectAlert(ann, 'Write the access token first.');
  await ann.getByRole('textbox', { name: 'Access token', exact: true }).fill('a wrong access token');
  // A browser reports every answer that is not a success.
  stage.expectProblem(/status of 40[14] .*\/keys\/0+/);
  await ann.getByRole('button', { name: 'Start', exact: true }).click();
  await expectAlert(ann, /did not accept this access token/);
  await ann.getByRole('textbox', { name: 'Access token', exact: true }).fill(TOKEN);
  await ann.getByRole('button', { name: 'Start', exact: true }).click();
  await expectHome(ann);
  const link = await createInvite(ann);

  const bobBrowser = await stage.browser(folders[1]);
  const bob = await bobBrowser.newPage();
  await join(bob, link, 'Bob');
  await expectConversation(bob, 'Ann');
  await expectConversation(ann, 'Bob');
  await expectConnection(bob, 'Connected directly');
  await send(bob, 'Let in by a link.');
  await expectMessage(ann, 'Let in by a link.');
  // A guest invites nobody, unless the operator lets guests.
  expect(await bob.getByRole('button', { name: 'New invite', exact: true }).count()).toBe(0);

  await annBrowser.close();
  await bobBrowser.close();
  const port = String(server.port);
  await server.stop();
  await stage.server({ ...settings, PORT: port });
  const [ann2, bob2] = [
    await stage.page(await stage.browser(folders[0]), server.url),
    await stage.page(await stage.browser(folders[1]), server.url),
  ];
  await open(ann2, 'Bob');
  await open(bob2, 'Ann');
  await expectConnection(ann2, 'Connected directly');
  await send(ann2, 'Welcome back.');
  await expectMessage(bob2, 'Welcome back.');
});

test('a stranger gets the app’s files, its health, and nothing else', async ({ stage }) => {
  const server = await stage.server({ ACCESS_TOKEN: TOKEN });
  expect((await fetch(server.url)).status).toBe(200);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/keys/${'0'.repeat(64)}`)).status).toBe(401);
  expect(
    (await fetch(`${server.url}/keys/${'0'.repeat(64)}`, { headers: { authorization: 'Bearer no' } })).status,
  ).toBe(401);
});
