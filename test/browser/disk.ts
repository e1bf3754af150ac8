/** Hands on a browser's records, from a page of the app's origin that is not the app. */
import type { BrowserContext, Page } from 'playwright-core';
import { bundle } from './bundle.ts';

/** Opens a page that can read and write the records of a server's origin. */
export async function openDisk(browser: BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage();
  // Without the app's policy, which would not let a test's script in.
  const body = '<title>Disk</title><link rel="icon" href="data:,">';
  await page.route('**/disk', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`${url}/disk`);
  return page;
}

/** The profile that a page has. */
export function profileOf(page: Page): Promise<string> {
  return page.evaluate(() => sessionStorage.getItem('sotto-profile')!);
}

/** Adds so many records to an open profile that no tab has. */
export async function fill(disk: Page, profile: string, count: number): Promise<void> {
  await disk.addScriptTag({ content: await bundle('test/browser/page/fill.ts') });
  await disk.evaluate(
    ([id, records]) => (window as unknown as { fill: (id: string, count: number) => Promise<void> }).fill(id, records),
    [profile, count] as const,
  );
}

/** Writes over one record of a profile. */
export function damage(disk: Page, profile: string, place: string, bytes: readonly number[]): Promise<void> {
  return disk.evaluate(
    async ([name, key, value]) => {
      const request = indexedDB.open(name);
      const database = await new Promise<IDBDatabase>((resolve) => (request.onsuccess = () => resolve(request.result)));
      const transaction = database.transaction('records', 'readwrite');
      transaction.objectStore('records').put(Uint8Array.from(value), key);
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      database.close();
    },
    [`sotto-${profile}`, place, bytes] as const,
  );
}

/** The records of a profile by their places, in hexadecimal. */
export async function recordsOf(disk: Page, profile: string): Promise<Map<string, string>> {
  const entries = await disk.evaluate(async (name) => {
    const request = indexedDB.open(name);
    const database = await new Promise<IDBDatabase>((resolve) => (request.onsuccess = () => resolve(request.result)));
    const store = database.transaction('records', 'readonly').objectStore('records');
    const [places, records] = [store.getAllKeys(), store.getAll()];
    await new Promise((resolve) => (store.transaction.oncomplete = resolve));
    database.close();
    const hex = (bytes: unknown) =>
      bytes instanceof Uint8Array ? Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') : '';
    return places.result.map((place, index) => [place as string, hex(records.result[index])] as const);
  }, `sotto-${profile}`);
  return new Map(entries);
}
