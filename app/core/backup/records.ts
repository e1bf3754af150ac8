/**
 * Which records of a profile a backup holds, and how they are read: logs from their beginning, as they only grow, and all
 * others in pages. What is this device's own stays on it: the ways into its vault, its prekeys, and what it knows of backups.
 */
import type { Store } from '../base/store.ts';
import { PREKEY_PREFIX } from '../identity/prekeys/prekey-records.ts';
import { SLOT_PREFIX, VAULT_PREFIX } from '../identity/vault.ts';
import { placeOf } from '../log/erase.ts';
import type { PlacedRecord } from './chunk.ts';

export const BACKUP_PREFIX = 'backup/';
const LOG_PREFIX = 'log/';
export const LOG_STATE_PREFIX = 'log-state/';
/**
 * `erasing/` notes what is to go, and that is in no backup. Of an invite an older backup would say that it lives though
 * somebody has come in by it since.
 */
const DEVICE_OWN = [
  SLOT_PREFIX,
  VAULT_PREFIX,
  BACKUP_PREFIX,
  PREKEY_PREFIX,
  'invite/',
  'erasing/',
  'settings/lock-after',
  'settings/server',
];
/** Records read at once: a record of a log has up to 128 KiB. */
const PAGE = 64;

/** Whether a backup may hold a record of this place. */
export function isBackedUp(place: string): boolean {
  return !DEVICE_OWN.some((prefix) => place.startsWith(prefix));
}

/** The hidden name of the log that a record belongs to, and its position; `undefined` if it is no record of a log. */
export function logPosition(place: string): { log: string; position: number } | undefined {
  const [, log, position] = /^log\/([^/]+)\/([0-9a-f]{14})$/.exec(place) ?? [];
  return log === undefined || position === undefined ? undefined : { log, position: parseInt(position, 16) };
}

/** All records that are backed up, but for those of logs. */
export async function* looseRecords(store: Store): AsyncGenerator<PlacedRecord> {
  let before: string | undefined;
  for (;;) {
    const page = await store.list('', PAGE, before);
    for (const [place, value] of page) {
      if (!place.startsWith(LOG_PREFIX) && isBackedUp(place)) yield [place, value];
    }
    const last = page.at(-1)?.[0];
    if (last === undefined) return;
    // Nothing of the logs is read here.
    before = last.startsWith(LOG_PREFIX) ? LOG_PREFIX : last;
  }
}

/** A log that was deleted while it was read. */
export class LogGone extends Error {
  override readonly name = 'LogGone';
}

/** The records of a log from a position up to `next`, in their order. @throws LogGone if one is missing */
export async function* logRecords(store: Store, log: string, from: number, next: number): AsyncGenerator<PlacedRecord> {
  for (let at = from; at < next;) {
    const end = Math.min(next, at + PAGE);
    const page = await store.list(`${LOG_PREFIX}${log}/`, end - at, placeOf(log, end));
    // The newest first; a page that reaches further down has a gap.
    if (page.length < end - at || page.at(-1)![0] !== placeOf(log, at)) throw new LogGone();
    yield* page.reverse();
    at = end;
  }
}
