/** Runs promises, of contracts or of vectors, inside a real page of a server of ours. */
import { expect } from 'vitest';
import { bundle } from './bundle.ts';
import type { Stage } from './stage.ts';

/** Expects that as many promises as are given, of those that a script of `page/` holds under a name, are all kept. */
export async function expectKept(stage: Stage, script: string, which: string, promises: number): Promise<void> {
  const server = await stage.server();
  const page = await (await stage.browser()).newPage();
  // A page of the server's origin, without the app and its policy.
  const body = '<title>Promises</title><link rel="icon" href="data:,">';
  await page.route('**/promises', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`${server.url}/promises`);
  await page.addScriptTag({ content: await bundle(`test/browser/page/${script}`) });
  const results = await page.evaluate(
    (name) => (window as unknown as { promises: Record<string, () => Promise<string[]>> }).promises[name]!(),
    which,
  );
  expect(results.filter((result) => !result.startsWith('kept: '))).toEqual([]);
  expect(results).toHaveLength(promises);
}
