/** A store in memory, for tests that need no disk. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import type { Store } from '../../app/core/base/store.ts';

export function memoryStore(records: Map<string, Bytes> = new Map<string, Bytes>()): Store {
  return {
    get: async (key) => records.get(key)?.slice(),
    write: async (changes) => {
      for (const [key, value] of changes) {
        if (value) records.set(key, value.slice());
        else records.delete(key);
      }
    },
    list: async (prefix, limit, before) =>
      [...records]
        .filter(([key]) => key.startsWith(prefix) && (before === undefined || key < before))
        .sort(([a], [b]) => (a < b ? 1 : -1))
        .slice(0, limit)
        .map(([key, value]) => [key, value.slice()]),
    close: () => undefined,
  };
}
