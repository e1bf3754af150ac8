/** What every adapter of the BackupPlace port promises. */
import { utf8, type Bytes } from '../../signal/wire/bytes.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../../signal/wire/limits.ts';
import { MANIFEST_NAME, type BackupPlace } from '../../app/core/backup/place.ts';
import { check, same, type Promised } from './check.ts';

/** Opens the place of this name, empty at first; a name that was used before gives what was put there. */
export type OpenPlace = (name: string) => Promise<BackupPlace>;

const chunkName = (number: number) => String(number).padStart(22, 'a');
const listed = async (place: BackupPlace) => [...(await place.list())].sort(([a], [b]) => (a < b ? -1 : 1));

export const backupPlaceContract: readonly Promised<OpenPlace>[] = [
  {
    promise: 'has nothing at first',
    async holds(open) {
      const place = await open('empty');
      same(await listed(place), [], 'a listing of nothing');
      same(await place.get(MANIFEST_NAME), undefined, 'a manifest never put');
      same(await place.get(chunkName(1)), undefined, 'a chunk never put');
    },
  },
  {
    promise: 'gives back the very bytes that were put, from one to the most',
    async holds(open) {
      const place = await open('bytes');
      const values: Bytes[] = [1, 255, 70_000, MAX_BACKUP_CHUNK_BYTES].map((length) =>
        new Uint8Array(length).map((_, index) => index * 7),
      );
      for (const [index, value] of values.entries()) await place.put(chunkName(index), value);
      for (const [index, value] of values.entries()) {
        const found = await place.get(chunkName(index));
        check(found instanceof Uint8Array && found.length === value.length, `${value.length} bytes come back`);
        check(
          found.every((byte, at) => byte === value[at]),
          'as they were put',
        );
      }
      same(
        await listed(place),
        values.map(({ length }, index) => [chunkName(index), length]),
        'the listing',
      );
    },
  },
  {
    promise: 'replaces what has a name, and removes it, known or not',
    async holds(open) {
      const place = await open('replace');
      await place.put(MANIFEST_NAME, utf8('one'));
      await place.put(MANIFEST_NAME, utf8('another'));
      same(await place.get(MANIFEST_NAME), utf8('another'), 'the newer');
      same(await listed(place), [[MANIFEST_NAME, 7]], 'one of a name');
      await place.remove(MANIFEST_NAME);
      await place.remove(chunkName(9));
      same(await place.get(MANIFEST_NAME), undefined, 'what was removed');
      same(await listed(place), [], 'a listing after removal');
    },
  },
  {
    promise: 'takes several at once',
    async holds(open) {
      const place = await open('at once');
      const names = Array.from({ length: 8 }, (_, index) => chunkName(index));
      await Promise.all(names.map((name) => place.put(name, utf8(name))));
      same(
        await listed(place),
        names.map((name) => [name, 22]),
        'all of them',
      );
      for (const name of names) same(await place.get(name), utf8(name), name);
    },
  },
  {
    promise: 'has everything again when it is opened again, and keeps one name from another',
    async holds(open) {
      const place = await open('again');
      await place.put(chunkName(1), utf8('one'));
      await place.put(chunkName(2), utf8('two'));
      await place.remove(chunkName(1));
      const again = await open('again');
      same(await listed(again), [[chunkName(2), 3]], 'what is there then');
      same(await again.get(chunkName(2)), utf8('two'), 'its bytes');
      same(await listed(await open('another')), [], 'in another place');
    },
  },
];
