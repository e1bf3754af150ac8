/**
 * Once, before the browser tests: says plainly what is missing, rather than letting every test fail of it; and makes keys.
 */
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import * as keys from '../parts/before-all-files.ts';
import { ensureChromium } from './chromium.ts';

export async function setup(project: TestProject): Promise<void> {
  for (const built of ['dist/app/index.html', 'dist/signal/main.js']) {
    if (!existsSync(built)) throw new Error(`The browser tests need ${built}: run "npm run build" first.`);
  }
  ensureChromium();
  await keys.setup(project);
}
