/** The BackupPlace port's contract, for the places that need no browser. */
import { describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { filePlace } from '../../../app/core/backup/file-place.ts';
import { backupPlaceContract, type OpenPlace } from '../../contracts/backup-place.ts';
import { memoryFile, memoryPlace, type MemoryFile } from '../../parts/memory-place.ts';

function memoryPlaces(): OpenPlace {
  const places = new Map<string, Map<string, Bytes>>();
  return async (name) => {
    const chunks = places.get(name) ?? new Map<string, Bytes>();
    places.set(name, chunks);
    return memoryPlace(chunks);
  };
}

function files(): OpenPlace {
  const files = new Map<string, MemoryFile>();
  return async (name) => {
    const file = files.get(name) ?? memoryFile();
    files.set(name, file);
    return filePlace(file);
  };
}

describe.each([
  ['a place in memory', memoryPlaces],
  ['a file', files],
])('%s', (_, places) => {
  for (const { promise, holds } of backupPlaceContract) it(promise, () => holds(places()));
});

describe('a file of a backup', () => {
  it('has, where it is cut, just what stands whole before the cut', async () => {
    const file = memoryFile();
    const place = await filePlace(file);
    const ends: number[] = [];
    for (const name of ['one', 'two', 'three']) {
      await place.put(name, utf8(name.repeat(10)));
      ends.push(file.size);
    }
    for (let length = 15; length <= file.size; length++) {
      const cut = { ...memoryFile(), bytes: file.bytes.slice(0, length) };
      Object.defineProperty(cut, 'size', { value: length });
      expect((await (await filePlace(cut)).list()).size).toBe(ends.filter((end) => end <= length).length);
    }
  });

  it('is refused if it is anything else', async () => {
    const file = memoryFile();
    await file.append(utf8('a letter to somebody else'));
    await expect(filePlace(file)).rejects.toThrow(/not a backup of Sotto/);
  });
});
