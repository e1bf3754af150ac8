/** The connection panel of the open conversation. */
import type { Locator, Page } from 'playwright-core';
import { press } from './journey.ts';

/** Opens it. */
export async function openPanel(page: Page): Promise<Locator> {
  await press(page, 'Connection details');
  const panel = page.getByRole('dialog', { name: 'Connection details', exact: true });
  await panel.filter({ hasText: /./ }).waitFor();
  return panel;
}
