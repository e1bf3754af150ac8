/** Once, before the browser tests: says plainly what is missing, rather than letting every test fail of it. */
import { existsSync } from 'node:fs';
import { ensureChromium } from './chromium.ts';

export function setup(): void {
  for (const built of ['dist/app/index.html', 'dist/signal/main.js']) {
    if (!existsSync(built)) throw new Error(`The browser tests need ${built}: run "npm run build" first.`);
  }
  ensureChromium();
}
