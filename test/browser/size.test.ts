/** The first load: all script that a stranger's browser fetches before it can be typed into. */
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { createInvite, expectConversation, expectMessage, join, send, start } from './journey.ts';
import { test } from './test.ts';

const MAX_FIRST_LOAD_BYTES = 100 * 1024;

const compressedSize = (body: Buffer) => gzipSync(body, { level: 9 }).length;
const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, size) => total + size, 0);
const inKilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;

test('the first load is at most 100 KB of compressed script', async ({ stage }) => {
  const server = await stage.server();
  const browser = await stage.browser();
  const page = await browser.newPage();
  const scripts = new Map<string, Promise<number>>();
  browser.on('response', (response) => {
    if (!/javascript/.test(response.headers()['content-type'] ?? '')) return;
    scripts.set(new URL(response.url()).pathname, response.body().then(compressedSize));
  });

  await page.goto(server.url);
  await page.getByRole('textbox', { name: 'Your name', exact: true }).fill('Ada');
  const sizes = await Promise.all(scripts.values());
  const firstLoad = sum(sizes);

  await start(page, 'Ada');
  const link = await createInvite(page);
  const guest = await (await stage.browser()).newPage();
  await join(guest, link, 'Grace');
  await expectConversation(page, 'Grace');
  await send(page, 'The first message.');
  await expectMessage(guest, 'The first message.');
  const untilTalking = sum(await Promise.all(scripts.values()));
  console.log(
    `Script, compressed: ${inKilobytes(firstLoad)} in ${sizes.length} files until one can type a name, ` +
      `${inKilobytes(untilTalking)} until the first message.`,
  );

  expect(sizes.length).toBeGreaterThan(0);
  expect(firstLoad).toBeLessThanOrEqual(MAX_FIRST_LOAD_BYTES);
});
