/** What the connection panel tells of an open link, and of none. */
import { expect } from 'vitest';
import { expectConnection, meet } from './journey.ts';
import { openPanel } from './panel.ts';
import { test } from './test.ts';

test('the panel says how two are connected and for how long by now, and says why they are not', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  await expectConnection(ann, 'Connected directly');
  const panel = await openPanel(ann);
  const facts = async () => (await panel.innerText()).split(/\s*\n+\s*/);
  const told = /^Path, Direct, between your two devices, Protocol, UDP, Round trip, \d+ ms, Connected for, \d+ s$/;
  await expect.poll(async () => (await facts()).join(', ')).toMatch(told);
  // No address of anybody is told to whoever looks over a shoulder.
  expect(await panel.innerText()).not.toMatch(/\d+\.\d+\.\d+\.\d+|:[0-9a-f]*:/i);
  const seconds = async () => Number(/, (\d+) s$/.exec((await facts()).join(', '))?.[1]);
  const before = await seconds();
  await expect.poll(seconds).toBeGreaterThan(before);

  await bob.close();
  await panel.getByText('They are not here. You will be connected when you are both here.', { exact: true }).waitFor();
  await expectConnection(ann, 'Away');
  stage.expectProblem(/WebSocket connection to .* failed|net::ERR_/);
  await server.stop();
  await panel.getByText(/^The server that introduces you two cannot be reached\./).waitFor();
  await ann.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
});
