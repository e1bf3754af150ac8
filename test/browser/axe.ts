/** What axe finds on a page. */
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

const WIDTHS = [390, 1280];
const SCHEMES = ['light', 'dark'] as const;

/**
 * What axe finds serious or critical on the page as it stands, in each width and scheme; axe must be in it.
 * @param screen - what it is called in what was found
 */
export async function findings(page: Page, screen: string): Promise<string[]> {
  const found: string[] = [];
  const before = page.viewportSize()!;
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await page.evaluate(async () => {
        const { axe: inPage } = window as unknown as { axe: typeof axe };
        return inPage.run(document, { resultTypes: ['violations'] });
      });
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      for (const { id, nodes } of serious) {
        found.push(`${screen}, ${width} ${colorScheme}: ${id} (${nodes.map(({ html }) => html).join(' ')})`);
      }
    }
  }
  await page.setViewportSize(before);
  return found;
}
