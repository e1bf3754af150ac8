/** The first load: all script that a stranger's browser fetches before it can be typed into. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
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

  const built = await readdir('dist/app', { recursive: true });
  const all = built.filter((name) => name.endsWith('.js')).map((name) => readFile(join('dist/app', name)));
  const total = sum((await Promise.all(all)).map(compressedSize));
  console.log(
    `First load: ${inKilobytes(firstLoad)} of script in ${sizes.length} files. In all: ${inKilobytes(total)}.`,
  );

  expect(sizes.length).toBeGreaterThan(0);
  expect(firstLoad).toBeLessThanOrEqual(MAX_FIRST_LOAD_BYTES);
});
