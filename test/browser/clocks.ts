/** Clocks of pages that are wrong. */
import type { BrowserContext, Page } from 'playwright-core';

declare global {
  interface Window {
    clockOffset?: number;
  }
}

/** Has each page of this browser opened from now on go by a clock that is wrong by so many milliseconds. */
export async function wrongClock(context: BrowserContext, offset: number): Promise<void> {
  await context.addInitScript((offset) => {
    const Right = Date;
    window.clockOffset = offset;
    window.Date = class extends Right {
      constructor(...time: unknown[]) {
        super(...((time.length > 0 ? time : [Right.now() + window.clockOffset!]) as [number]));
      }

      static override now(): number {
        return Right.now() + window.clockOffset!;
      }
    } as DateConstructor;
  }, offset);
}

/** Sets the wrong clock of an open page anew. */
export function jump(page: Page, offset: number): Promise<void> {
  return page.evaluate((offset) => {
    window.clockOffset = offset;
  }, offset);
}
