/** Hands the records of profiles in real browsers to the oracle, which reads them as it reads those in memory. */
import type { Page } from 'playwright-core';
import { fromBase64Url, type Bytes } from '../../signal/wire/bytes.ts';
import { IDENTITY_PLACE } from '../../app/core/identity/identity-record.ts';
import { judgeDevices, Oracle, type Written } from '../parts/oracle.ts';
import { storeOf, type Device } from '../parts/people.ts';
import { profileOf } from './disk.ts';

/**
 * Reads a database in one transaction, inside any page of its origin, of any browser: it uses nothing from outside itself.
 * @returns places and their bytes, as base64url
 * @throws if there is no such database
 */
export async function dump(database: string): Promise<[string, string][]> {
  const request = indexedDB.open(database);
  request.onupgradeneeded = () => request.transaction?.abort();
  const open = await new Promise<IDBDatabase>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(`There is no database ${database}.`));
  });
  const store = open.transaction('records', 'readonly').objectStore('records');
  const [places, records] = [store.getAllKeys(), store.getAll()];
  await new Promise((resolve, reject) => {
    store.transaction.oncomplete = resolve;
    store.transaction.onabort = () => reject(new Error(`The database ${database} cannot be read.`));
  });
  open.close();
  const encode = (bytes: Uint8Array) =>
    btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=+$/, '');
  return places.result.flatMap((place, index): [string, string][] => {
    const value: unknown = records.result[index];
    // Who owns the records is none of them, and no bytes either.
    return value instanceof Uint8Array ? [[place as string, encode(value)]] : [];
  });
}

/**
 * The device that a dump shows, of a profile without a passphrase.
 * @throws DamagedRecord, and if a passphrase is needed
 */
export async function deviceIn(dumped: readonly (readonly [string, string])[]): Promise<Device> {
  const records = new Map<string, Bytes>();
  for (const [place, text] of dumped) {
    const bytes = fromBase64Url(text);
    if (!bytes) throw new Error(`The record ${place} was not handed over whole.`);
    records.set(place, bytes);
  }
  const identity = await (await storeOf({ records, identity: new Uint8Array() })).get(IDENTITY_PLACE);
  if (!identity) throw new Error('The profile has no identity.');
  return { records, identity };
}

/**
 * What a profile has on its disk now.
 * @param page - of the app, or any other of its origin, in the browser that has the profile
 * @param profile - the one that the page has open, unless it is named
 */
export async function deviceOf(page: Page, profile?: string): Promise<Device> {
  return deviceIn(await page.evaluate(dump, `sotto-${profile ?? (await profileOf(page))}`));
}

/**
 * The texts on a device in the conversation with another person, each one's own in order: of the person themself, and of the
 * other.
 */
export async function textsOn(device: Device, other: Device): Promise<{ ours: string[]; theirs: string[] }> {
  const [{ ours, theirs }] = await new Oracle(device, other).kept();
  const texts = (messages: typeof ours) => messages.map(({ content }) => content.text);
  return { ours: texts(ours), theirs: texts(theirs) };
}

/**
 * Judges what two people have on their disks now, while neither writes: what was acknowledged is in the other's log,
 * nothing is there twice, each one's order is kept, and nothing is Delivered that is not durable.
 * @param written the texts that each of the two has written, in order, where all of them must have arrived
 */
export async function judge(one: Page | Device, other: Page | Device, written?: Written): Promise<void> {
  const device = (of: Page | Device) => ('records' in of ? of : deviceOf(of));
  await judgeDevices(await device(one), await device(other), written);
}
