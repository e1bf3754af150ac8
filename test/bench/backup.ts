/**
 * Backing up a long conversation to a real server: how fast all of it goes up the first time, and how much goes up after a
 * few messages more. The records lie in memory, sealed: a disk would be measured, and not what is promised.
 */
import { toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { encodeMessage } from '../../signal/wire/messages.ts';
import { backupId, newAccess } from '../../app/core/backup/access.ts';
import { backUp } from '../../app/core/backup/back-up.ts';
import type { BackupPlace } from '../../app/core/backup/place.ts';
import { serverPlace } from '../../app/core/backup/server-place.ts';
import type { Store } from '../../app/core/base/store.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { createVault } from '../../app/core/identity/vault.ts';
import { Log } from '../../app/core/log/log.ts';
import type { Stage } from '../browser/stage.ts';
import { ANN, BOB, contents, talkOf } from '../parts/conversations.ts';
import type { Figure } from './figures.ts';
import { Visitor } from './mailbox.ts';

const RUNS = 3;
const MESSAGES = 100_000;
const MORE = 100;
/** Messages in one record, as one flush writes them. */
const AT_ONCE = 10;

/** Records in memory, in order: sorted only once they are listed, as there are many. */
function sortedStore(): Store {
  const records = new Map<string, Bytes>();
  let keys: string[] | undefined;
  /** How many keys sort below one. */
  const rank = (sorted: readonly string[], key: string) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    get: (key) => Promise.resolve(records.get(key)),
    write: (changes) => {
      for (const [key, value] of changes) {
        if (!value || !records.has(key)) keys = undefined;
        if (value) records.set(key, value);
        else records.delete(key);
      }
      return Promise.resolve();
    },
    list: (prefix, limit, before = `${prefix}\uffff`) => {
      keys ??= [...records.keys()].sort();
      const found: [string, Bytes][] = [];
      for (let at = rank(keys, before) - 1; at >= 0 && found.length < limit; at--) {
        const key = keys[at]!;
        if (!key.startsWith(prefix)) break;
        found.push([key, records.get(key)!]);
      }
      return Promise.resolve(found);
    },
    close: () => undefined,
  };
}

/** A place that counts what goes up. */
function counted(place: BackupPlace): { readonly place: BackupPlace; bytes: number } {
  const counting = {
    bytes: 0,
    place: {
      ...place,
      put: (name: string, bytes: Bytes) => {
        counting.bytes += bytes.length;
        return place.put(name, bytes);
      },
    },
  };
  return counting;
}

async function write(log: Log, count: number): Promise<void> {
  for (let at = 0; at < count; at += AT_ONCE) {
    const texts = Array.from({ length: AT_ONCE }, (_, index) => `Message ${at + index}: see you at the usual place.`);
    await log.write(contents(...texts), at);
  }
}

export async function backup(stage: Stage): Promise<Figure[]> {
  const { url } = await stage.server();
  const origin = new URL(url).origin;
  const raw = sortedStore();
  const vault = await createVault(raw);
  const store = sealStore(raw, vault);
  const talk = await talkOf(ANN, BOB);
  const log = await Log.open(store, toHex(ANN).slice(0, 22), talk);
  await write(log, MESSAGES);
  const profile = { isProtected: false, fingerprint: ANN, name: 'Ann', nameKey: vault.nameKey };
  const rates: number[] = [];
  const ratios: number[] = [];
  const measured: unknown[] = [];
  for (let run = 0; run < RUNS; run++) {
    // Another place each time: nothing of it is there.
    const access = await newAccess(crypto.getRandomValues(new Uint8Array(16)));
    const owner = await Visitor.enter(origin, 'owner', '127.0.3.1');
    await owner.demand(encodeMessage({ type: 'backup', ref: 0, id: await backupId(access.token) }));
    owner.leave();
    const counting = counted(serverPlace(origin, access.token));
    const parts = { store, access, place: counting.place, profile, now: Date.now };
    const begin = performance.now();
    await backUp(parts, true);
    const seconds = (performance.now() - begin) / 1000;
    const whole = counting.bytes;
    rates.push(whole / 1_000_000 / seconds);
    await write(log, MORE);
    counting.bytes = 0;
    await backUp(parts, true);
    ratios.push(counting.bytes / whole);
    measured.push({ seconds, whole, after: counting.bytes });
  }
  return [
    {
      name: `a first backup of ${MESSAGES} messages, read, sealed and durable on the server`,
      unit: 'MB/s',
      runs: rates,
      promised: { atLeast: 5 },
      measured,
    },
    {
      name: `bytes sent after ${MORE} messages more, to those of the first backup`,
      unit: '',
      runs: ratios,
      promised: { atMost: 0.02 },
      measured,
    },
  ];
}
