/** A tab whose profile was taken while it was frozen wakes up to write nothing over what the new owner wrote. */
import { expect } from 'vitest';
import { expectConversation, expectHome, expectMessage, createInvite, join, open, send, start } from './journey.ts';
import { test } from './test.ts';

test('a frozen tab that lost its profile changes nothing when it thaws', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  const frozen = await stage.page(browser, server.url);
  await start(frozen, 'Ann');
  const link = await createInvite(frozen);
  const bob = await (await stage.person()).newPage();
  await join(bob, link, 'Bob');
  await expectConversation(bob, 'Ann');
  await expectConversation(frozen, 'Bob');

  // Paused as by a breakpoint: it neither hears that it should let go, nor that its lock is gone.
  const debug = await browser.newCDPSession(frozen);
  await debug.send('Debugger.enable');
  const paused = new Promise((resolve) => debug.once('Debugger.paused', resolve));
  await debug.send('Debugger.pause');
  // It is stopped at the next thing it does: a message that arrives.
  await send(bob, 'Into the frozen tab.');
  await paused;

  const owner = await stage.page(browser, server.url);
  await owner.getByRole('button', { name: 'Ann', exact: true }).click();
  await owner.getByRole('button', { name: 'Use here', exact: true }).click();
  await expectHome(owner);
  await open(owner, 'Bob');
  await expectMessage(owner, 'Into the frozen tab.');
  await send(owner, 'From the new owner.');
  await expectMessage(bob, 'From the new owner.');

  await debug.send('Debugger.resume');
  await debug.send('Debugger.disable');
  await frozen.getByRole('heading', { name: 'Open in another tab', exact: true }).waitFor();
  await owner.reload();
  await open(owner, 'Bob');
  await expectMessage(owner, 'From the new owner.');
  await send(owner, 'And all is well.');
  await expectMessage(bob, 'And all is well.');
  expect(await bob.getByRole('alert').count()).toBe(0);
});
