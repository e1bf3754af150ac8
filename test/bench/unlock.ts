/** A protected profile: how soon it opens, and that one more way in costs the same whatever the length of the log. */
import type { Page } from 'playwright-core';
import { fill, openDisk, profileOf } from '../browser/disk.ts';
import { button, expectHome, start, textbox } from '../browser/journey.ts';
import { expectSealed, lock, openSettings, setPassphrase } from '../browser/locks.ts';
import type { Stage } from '../browser/stage.ts';
import type { Figure } from './figures.ts';
import { pairs } from './pairs.ts';

const PASSPHRASE = 'a passphrase to measure';
const RECORDS = { small: 100, large: 5_000 } as const;

/** A protected profile with so many records, all of them sealed under its newest key. */
async function profile(stage: Stage, url: string, records: number): Promise<Page> {
  const context = await stage.browser();
  let page = await stage.page(context, url);
  await start(page, 'Ann');
  const id = await profileOf(page);
  await page.goto('about:blank');
  const disk = await openDisk(context, url);
  await fill(disk, id, records);
  await disk.close();
  page = await stage.page(context, url);
  await expectHome(page);
  await setPassphrase(page, PASSPHRASE);
  await page.keyboard.press('Escape');
  await expectSealed(page, 5 * 60_000);
  return page;
}

/** From pressing Unlock until the conversations are there. */
async function unlock(page: Page): Promise<number> {
  await lock(page);
  await textbox(page, 'Passphrase').fill(PASSPHRASE);
  const begin = performance.now();
  await button(page, 'Unlock').click();
  await expectHome(page);
  return performance.now() - begin;
}

/** From confirming a recovery code until it opens the profile. It is taken away again. */
async function addSlot(page: Page): Promise<number> {
  const settings = await openSettings(page);
  await button(settings, 'Make a recovery code').click();
  const confirm = button(settings, 'I have written it down');
  await confirm.waitFor();
  const begin = performance.now();
  await confirm.click();
  await button(settings, 'Remove recovery code').waitFor();
  const took = performance.now() - begin;
  await button(settings, 'Remove recovery code').click();
  await button(settings, 'Remove recovery code').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await expectSealed(page, 5 * 60_000);
  return took;
}

/** Both, with a short and a long log side by side. */
export async function unlocking(stage: Stage): Promise<Figure[]> {
  const { url } = await stage.server();
  const [small, large] = [await profile(stage, url, RECORDS.small), await profile(stage, url, RECORDS.large)];
  const unlocks: number[] = [];
  const slots = await pairs(
    async () => {
      unlocks.push(await unlock(large));
      return { small: await addSlot(small), large: await addSlot(large) };
    },
    (pair) => pair.large / pair.small,
  );
  return [
    {
      name: `from pressing Unlock to the conversations, with ${RECORDS.large} records`,
      unit: 'ms',
      runs: unlocks,
      promised: { atMost: 1_000 },
    },
    {
      name: `one more way in, with ${RECORDS.large} records over ${RECORDS.small}`,
      unit: '',
      ...slots,
      promised: { atMost: 1.5 },
    },
  ];
}
