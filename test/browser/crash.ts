/** Kills pages, as the system does that runs out of memory. */
import type { Page } from 'playwright-core';

/** Kills the process of a page in the middle of whatever it does; the rest of its browser lives on. */
export async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // It dies before it can answer.
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
}
