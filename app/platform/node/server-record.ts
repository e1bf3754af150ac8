/**
 * Which server a profile is at: a browser knows it by the page's address, a terminal remembers it.
 *
 *     record  version u8 = 1 | origin in UTF-8
 */
import { concat, fromUtf8, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';

const VERSION = 1;
const PLACE = 'settings/server';

/** The origin of the server that was remembered last. @throws DamagedRecord */
export async function rememberedServer(store: Store): Promise<string | undefined> {
  const record = await store.get(PLACE);
  return record && decode(record);
}

/** @param store - the profile's records, unsealed. @throws StorageError */
export async function rememberServer(store: Store, origin: string): Promise<void> {
  await store.write(new Map([[PLACE, concat(u8(VERSION), utf8(origin))]]));
}

function decode(record: Bytes): string {
  const origin = record[0] === VERSION ? fromUtf8(record.slice(1)) : undefined;
  if (origin === undefined) throw new DamagedRecord();
  return origin;
}
