/** What every adapter of the Store port promises. */
import { utf8, type Bytes } from '../../signal/wire/bytes.ts';
import type { Changes, Store } from '../../app/core/base/store.ts';
import { check, same, type Promised } from './check.ts';

/** Opens the store of this name, empty at first; a name that was used before gives what was written under it. */
export type OpenStore = (name: string) => Promise<Store>;

const put = (...keys: string[]): Changes => new Map(keys.map((key) => [key, utf8(key)]));

/** The keys of a listing, each checked to stand beside its value. */
async function keys(store: Store, prefix: string, limit: number, before?: string): Promise<string[]> {
  const found = await store.list(prefix, limit, before);
  for (const [key, value] of found) same(value, utf8(key), `the value of ${key}`);
  return found.map(([key]) => key);
}

export const storeContract: readonly Promised<OpenStore>[] = [
  {
    promise: 'knows nothing at first',
    async holds(open) {
      const store = await open('empty');
      same(await store.get('a'), undefined, 'a record never written');
      same(await store.list('a', 10), [], 'a listing of nothing');
    },
  },
  {
    promise: 'gives back the very bytes that were written, from none to many',
    async holds(open) {
      const store = await open('bytes');
      const values: Bytes[] = [0, 1, 255, 70_000].map((length) => new Uint8Array(length).map((_, index) => index * 7));
      await store.write(new Map(values.map((value, index) => [`v${index}`, value])));
      for (const [index, value] of values.entries()) {
        const found = await store.get(`v${index}`);
        check(found instanceof Uint8Array, 'what comes back are bytes');
        same(found, value, `${value.length} bytes`);
      }
    },
  },
  {
    promise: 'replaces a record, and removes one, known or not',
    async holds(open) {
      const store = await open('replace');
      await store.write(new Map([['a', utf8('one')]]));
      await store.write(new Map([['a', utf8('two')]]));
      same(await store.get('a'), utf8('two'), 'the newer record');
      await store.write(new Map([['a', undefined]]));
      await store.write(new Map([['never', undefined]]));
      same(await store.get('a'), undefined, 'a removed record');
      same(await store.list('a', 10), [], 'a listing after removal');
    },
  },
  {
    promise: 'changes many records at once, or none',
    async holds(open) {
      const store = await open('many');
      await store.write(put('a/1', 'a/2'));
      await store.write(new Map([...put('a/3', 'a/4'), ['a/1', undefined]]));
      same(await keys(store, 'a/', 10), ['a/4', 'a/3', 'a/2'], 'what is there then');
      await store.write(new Map());
      same(await keys(store, 'a/', 10), ['a/4', 'a/3', 'a/2'], 'after a write of nothing');
    },
  },
  {
    promise: 'lists the highest key first, of one prefix only',
    async holds(open) {
      const store = await open('order');
      await store.write(put('log/a/2', 'log/a/10', 'log/a/1', 'log/b/1', 'log/', 'log', 'lo', 'log0', 'm'));
      same(await keys(store, 'log/a/', 10), ['log/a/2', 'log/a/10', 'log/a/1'], 'of one log');
      same(await keys(store, 'log/', 10), ['log/b/1', 'log/a/2', 'log/a/10', 'log/a/1', 'log/'], 'of all logs');
      same(await keys(store, 'x', 10), [], 'of a prefix that nothing has');
    },
  },
  {
    promise: 'orders keys by their characters, as hidden names have them',
    async holds(open) {
      const store = await open('characters');
      await store.write(put('k/a', 'k/A', 'k/-', 'k/_', 'k/0', 'k/z', 'k/Z'));
      same(await keys(store, 'k/', 10), ['k/z', 'k/a', 'k/_', 'k/Z', 'k/A', 'k/0', 'k/-'], 'the order');
    },
  },
  {
    promise: 'lists no more than the limit, and only what is below a key',
    async holds(open) {
      const store = await open('pages');
      await store.write(put('p/1', 'p/2', 'p/3', 'p/4', 'q/1'));
      same(await keys(store, 'p/', 0), [], 'none');
      same(await keys(store, 'p/', 2), ['p/4', 'p/3'], 'a first page');
      same(await keys(store, 'p/', 2, 'p/3'), ['p/2', 'p/1'], 'the page below p/3');
      same(await keys(store, 'p/', 9, 'p/25'), ['p/2', 'p/1'], 'below a key that is not there');
      same(await keys(store, 'p/', 9, 'p/1'), [], 'below the lowest');
    },
  },
  {
    promise: 'keeps to the prefix wherever the key to stay below lies',
    async holds(open) {
      const store = await open('bounds');
      await store.write(put('a/1', 'p/1', 'p/2', 'q/1'));
      same(await keys(store, 'p/', 9, 'z'), ['p/2', 'p/1'], 'below a key above the prefix');
      same(await keys(store, 'p/', 9, 'p/'), [], 'below the prefix itself');
      same(await keys(store, 'p/', 9, 'b'), [], 'below a key below the prefix');
    },
  },
  {
    promise: 'keeps its own copy of the bytes',
    async holds(open) {
      const store = await open('copies');
      const value = utf8('kept');
      await store.write(new Map([['a', value]]));
      value.fill(0);
      same(await store.get('a'), utf8('kept'), 'after the writer changed its bytes');
      (await store.get('a'))?.fill(0);
      (await store.list('a', 1))[0]?.[1].fill(0);
      same(await store.get('a'), utf8('kept'), 'after a reader changed its bytes');
    },
  },
  {
    promise: 'leaves the last of several writes standing, in the order they were asked for',
    async holds(open) {
      const store = await open('race');
      const writes = Array.from({ length: 30 }, (_, index) => store.write(new Map([['a', utf8(`${index}`)]])));
      await Promise.all(writes);
      same(await store.get('a'), utf8('29'), 'the last');
    },
  },
  {
    promise: 'has everything again after it was closed, and keeps one name from another',
    async holds(open) {
      const store = await open('again');
      await store.write(put('a/1', 'a/2'));
      store.close();
      const again = await open('again');
      same(await keys(again, 'a/', 9), ['a/2', 'a/1'], 'what is there then');
      same(await (await open('another')).list('a/', 9), [], 'under another name');
    },
  },
];
