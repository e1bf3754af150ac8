/** The BackupPlace port's contract, for the places that need no browser. */
import { describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { backupId } from '../../../app/core/backup/access.ts';
import { filePlace } from '../../../app/core/backup/file-place.ts';
import { PlaceError } from '../../../app/core/backup/place.ts';
import { findBackup } from '../../../app/core/backup/restore.ts';
import { serverPlace } from '../../../app/core/backup/server-place.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { backupPlaceContract, type OpenPlace } from '../../contracts/backup-place.ts';
import { memoryFile, memoryPlace, type MemoryFile } from '../../parts/memory-place.ts';
import { Client, person, startServer } from '../../signal/client.ts';

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

/** Places on a real server, each of another person. */
function onServer(): OpenPlace {
  const tokens = new Map<string, Bytes>();
  let server: ReturnType<typeof startServer> | undefined;
  return async (name) => {
    const { origin } = await (server ??= startServer());
    const token = tokens.get(name) ?? randomBytes(32);
    if (!tokens.has(name)) {
      tokens.set(name, token);
      const client = await Client.enter(origin, await person(name));
      await client.ask({ type: 'backup', id: await backupId(token) });
    }
    return serverPlace(origin, token);
  };
}

describe.each([
  ['a place in memory', memoryPlaces],
  ['a file', files],
  ['a place on the server', onServer],
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

  it('is begun in an empty one only where it may grow', async () => {
    const read = () => Promise.resolve(new Uint8Array(0));
    await expect(filePlace({ size: 0, read })).rejects.toThrow(/not a backup of Sotto/);
  });

  it('that cannot be read says so of the file', async () => {
    const read = () => Promise.reject(new Error('gone'));
    await expect(filePlace({ size: 100, read })).rejects.toEqual(new PlaceError('unreadable'));
  });

  it('without a manifest is no finished backup', async () => {
    const place = await filePlace(memoryFile());
    await expect(findBackup(place, randomBytes(16))).rejects.toThrow(/no finished backup/);
  });
});

describe('a place on the server', () => {
  it('belongs to whoever has its token, and says so to anyone else', async () => {
    const { origin } = await startServer();
    await expect(serverPlace(origin, randomBytes(32)).list()).rejects.toEqual(new PlaceError('unknown'));
  });

  it('is nowhere where a server keeps nothing, and cannot be reached where there is none', async () => {
    const { origin, close } = await startServer({ MAILBOX: 'off' });
    const place = serverPlace(origin, randomBytes(32));
    await expect(place.list()).rejects.toEqual(new PlaceError('absent'));
    // Who restores is told where else to look, and who backs up where else to keep it.
    await expect(findBackup(place, randomBytes(16))).rejects.toThrow(/keeps no backups\. Press “Use a backup file”/);
    await close();
    await expect(place.list()).rejects.toEqual(new PlaceError('unreachable'));
    await expect(findBackup(place, randomBytes(16))).rejects.toEqual(new PlaceError('unreachable'));
  });

  it('ends what is under way once it is told to', async () => {
    const { origin } = await startServer();
    const stop = AbortSignal.abort();
    await expect(serverPlace(origin, randomBytes(32), stop).list()).rejects.toEqual(new PlaceError('unreachable'));
  });
});
