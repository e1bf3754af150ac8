import type { Bytes } from '../../../signal/wire/bytes.ts';

/** What a write changes: a record's bytes by its key, or `undefined` to remove it. */
export type Changes = ReadonlyMap<string, Bytes | undefined>;

/**
 * A port: durable records by key, in the order of their keys. Every adapter passes `test/contracts/store.ts`.
 */
export interface Store {
  get(key: string): Promise<Bytes | undefined>;
  /** All or nothing. Resolves once it survives a crash of the process. @throws StorageError if nothing was changed */
  write(changes: Changes): Promise<void>;
  /** The records whose keys start with `prefix` and sort below `before`, highest key first, at most `limit`. */
  list(prefix: string, limit: number, before?: string): Promise<[key: string, value: Bytes][]>;
  close(): void;
}

/** Sorts after every character a key uses. */
const LAST = '\uffff';

/** Where a part of a list ends: every key in it sorts before this one. */
export function endOfList(prefix: string, before = prefix + LAST): string {
  return before < prefix + LAST ? before : prefix + LAST;
}
