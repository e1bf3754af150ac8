/** What cannot work says so in one sentence, and what people write never runs. */
import { networkInterfaces } from 'node:os';
import { expect } from 'vitest';
import { expectAlert, expectMessage, expectState, meet, messages, send } from './journey.ts';
import { test } from './test.ts';

test('an address that is not secure says what to do', async ({ stage }) => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
  if (!address) throw new Error('This test needs a network interface besides the loopback.');
  const server = await stage.server({ HOST: '0.0.0.0' });
  stage.expectProblem(new RegExp(address));
  const page = await stage.page(await stage.person(), `http://${address}:${server.port}`);
  await expectAlert(page, 'Sotto needs a secure address.');
});

test('a browser without WebRTC says what to use', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.person();
  await browser.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
  const page = await stage.page(browser, server.url);
  await expectAlert(page, 'This browser cannot connect people directly');
});

test('script in names and messages is only text (fault 19)', async ({ stage }) => {
  const server = await stage.server();
  const name = '<img src=x onerror=alert(1)>';
  const text = '<script>document.title="owned"</script> javascript:alert(1)';
  const [ann, bob] = await meet(stage, server, name, '"><svg onload=alert(1)>');
  await send(bob, text);
  await expectMessage(ann, text);
  expect(await ann.title()).not.toContain('owned');
  expect(await ann.locator('article img, article script, article svg[onload]').count()).toBe(0);
});

test('a message too long is kept in the box and says so; one of many lines arrives as written', async ({ stage }) => {
  const server = await stage.server();
  const [ann, bob] = await meet(stage, server);
  const box = ann.getByRole('textbox', { name: 'Message', exact: true });
  await box.fill('x'.repeat(32 * 1024 + 1));
  await box.press('Enter');
  await expectAlert(ann, /Send it in parts/);
  expect(await box.inputValue()).toHaveLength(32 * 1024 + 1);
  // The sentence goes as soon as the text is changed.
  await box.press('Backspace');
  await ann.getByRole('alert').waitFor({ state: 'detached' });

  await box.fill('first line');
  await box.press('Shift+Enter');
  await box.pressSequentially('second line');
  await box.press('Enter');
  await messages(bob, 'first line second line').waitFor();
  const shown = await messages(bob, 'first line second line')
    .getByText('first line')
    .evaluate((element) => (element as HTMLElement).innerText);
  expect(shown).toBe('first line\nsecond line');
});

test('the server goes and comes back: open links do not notice, new ones wait', async ({ stage }) => {
  const settings = { DATA_DIR: await stage.folder() };
  const server = await stage.server(settings);
  const [ann, bob] = await meet(stage, server);
  stage.expectProblem(/ERR_CONNECTION_REFUSED|WebSocket|Failed to load/);
  await server.stop();
  await send(ann, 'Nobody between us.');
  await expectMessage(bob, 'Nobody between us.');
  await expectState(ann, 'Nobody between us.', 'Delivered');
  await ann.getByRole('button', { name: 'New invite', exact: true }).click();
  await expectAlert(ann, /server cannot be reached/);

  await stage.server({ ...settings, PORT: String(server.port) });
  await ann.keyboard.press('Escape');
  await expect
    .poll(
      async () => {
        await ann.getByRole('button', { name: 'New invite', exact: true }).click();
        const made = ann.getByRole('textbox', { name: 'Invite link', exact: true });
        const failed = ann.getByRole('dialog').getByRole('alert');
        await made.or(failed).first().waitFor();
        const value = (await made.count()) > 0;
        await ann.keyboard.press('Escape');
        return value;
      },
      { timeout: 30_000, interval: 500 },
    )
    .toBe(true);
});
