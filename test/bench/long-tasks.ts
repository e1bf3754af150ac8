/** Whether a page stays responsive: tasks of its main thread of more than 50 ms, as the browser itself counts them. */
import type { BrowserContext, Page } from 'playwright-core';

interface Watched {
  longTasks: number[];
}

/** Watches every page that the browser opens from now on. */
export async function watchLongTasks(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched = window as unknown as Watched;
    watched.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watched.longTasks.push(duration);
    }).observe({ type: 'longtask' });
  });
}

/** The durations, in milliseconds, since the page was opened or last asked. */
export function takeLongTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as unknown as Watched).longTasks.splice(0));
}
