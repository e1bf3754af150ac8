/** The browser's adapters keep the contracts of their ports, on real IndexedDB and real WebRTC. */
import { build } from 'vite';
import { expect } from 'vitest';
import { linkContract } from '../contracts/link.ts';
import { storeContract } from '../contracts/store.ts';
import { test } from './test.ts';

/** The page's script, as one file. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: 'test/browser/page/contracts.ts', formats: ['iife'], name: 'page' },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = output && 'output' in output ? output.output[0] : undefined;
  if (!chunk) throw new Error('The page was not built.');
  return chunk.code;
}

for (const [which, promises] of [
  ['store', storeContract.length],
  ['link', linkContract.length],
] as const) {
  test(`the ${which} of the browser keeps its contract`, async ({ stage }) => {
    const server = await stage.server();
    const page = await (await stage.browser()).newPage();
    // A page of the server's origin, without the app and its policy.
    const body = '<title>Contracts</title><link rel="icon" href="data:,">';
    await page.route('**/contracts', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto(`${server.url}/contracts`);
    await page.addScriptTag({ content: await bundle() });
    const results = await page.evaluate(
      (name) => (window as unknown as { contracts: Record<string, () => Promise<string[]>> }).contracts[name]!(),
      which,
    );
    expect(results.filter((result) => !result.startsWith('kept: '))).toEqual([]);
    expect(results).toHaveLength(promises);
  });
}
