/**
 * Two people in two browsers, each with one page that holds Sotto's core and a bare channel to the other. As every
 * comparison is made between these same two pages, whatever the machine is doing meanwhile weighs on both sides.
 */
import type { Page } from 'playwright-core';
import { bundle } from '../browser/bundle.ts';
import type { Stage } from '../browser/stage.ts';
import type { BenchPage } from './page/main.ts';

declare global {
  // The driver's functions run in the page, where the page's script has put these.
  const bareChannel: BenchPage['bareChannel'];
  const person: BenchPage['person'];
  const parts: BenchPage['parts'];
}

/** An isolated page has a clock of 5 instead of 100 microseconds. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const BODY = '<title>Bench</title><link rel="icon" href="data:,">';

export interface TwoPages {
  readonly ann: Page;
  readonly bob: Page;
}

async function open(stage: Stage, url: string, script: string): Promise<Page> {
  const context = await stage.browser();
  // A page that the driver answers for counts as one from elsewhere, and may otherwise not speak to a local server.
  await context.grantPermissions(['local-network-access']);
  const page = await context.newPage();
  await page.route('**/bench', (route) => route.fulfill({ contentType: 'text/html', body: BODY, headers: ISOLATED }));
  await page.goto(`${url}/bench`);
  await page.addScriptTag({ content: script });
  return page;
}

/** Opens both pages, and connects them by the bare channel and by Sotto. */
export async function twoPages(stage: Stage): Promise<TwoPages> {
  const { url } = await stage.server();
  const script = await bundle('test/bench/page/main.ts');
  const [ann, bob] = await Promise.all([open(stage, url, script), open(stage, url, script)]);

  const offer = await ann.evaluate(() => bareChannel.offer());
  const answer = await bob.evaluate((offer) => bareChannel.answer(offer), offer);
  await ann.evaluate((answer) => bareChannel.accept(answer), answer);

  await Promise.all([ann.evaluate(() => person.start('Ann')), bob.evaluate(() => person.start('Bob'))]);
  const link = await ann.evaluate(() => person.invite());
  await bob.evaluate((link) => person.join(link), link);
  await Promise.all([ann, bob].map((page) => page.evaluate(() => person.connected())));
  return { ann, bob };
}
