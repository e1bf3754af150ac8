/**
 * Erasing the messages of a conversation: a note of what is to go, written together with the deletion itself, then a bounded
 * number of records at a time. Whoever is interrupted goes on from the note.
 *
 *     note  version u8 = 1 | next u64: the records below this position are to go
 */
import { ByteReader, concat, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import type { Store } from '../base/store.ts';
import { ERASING_PREFIX, placeOf } from './places.ts';

const VERSION = 1;
/** Records that go in one write. */
const ERASED_AT_ONCE = 256;
const MAX_ERASURES = 10_000;

/** What is to go: the records of the log of this hidden name, below a position. */
export interface Erasure {
  readonly name: string;
  readonly next: number;
}

/** The note of what is to go. */
export function noteOf({ name, next }: Erasure): [key: string, value: Bytes | undefined] {
  return [ERASING_PREFIX + name, next > 0 ? concat(u8(VERSION), u64(next)) : undefined];
}

/** Takes out of the store what is to go. @throws StorageError; the rest then goes when the store is opened again */
export async function erase(store: Store, { name, next }: Erasure): Promise<void> {
  for (let end = next; end > 0;) {
    const begin = Math.max(0, end - ERASED_AT_ONCE);
    const changes = new Map<string, Bytes | undefined>([noteOf({ name, next: begin })]);
    for (let position = begin; position < end; position++) changes.set(placeOf(name, position), undefined);
    await store.write(changes);
    end = begin;
  }
}

/** Goes on with what was interrupted; to be called before any log is opened. @throws DamagedRecord, StorageError */
export async function finishErasing(store: Store): Promise<void> {
  for (const [key, note] of await store.list(ERASING_PREFIX, MAX_ERASURES)) {
    const reader = new ByteReader(note);
    const [version, next] = [reader.u8(), reader.u64()];
    if (!reader.done() || version !== VERSION) throw new DamagedRecord();
    await erase(store, { name: key.slice(ERASING_PREFIX.length), next });
  }
}
