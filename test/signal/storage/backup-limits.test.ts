import { randomBytes } from '../../parts/randomness.ts';
/** What one address may ask of backups, with limits small enough to be reached. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../signal/config.ts';
import { Limiter } from '../../../signal/limiter.ts';
import { createBackupHandler } from '../../../signal/storage/backup-http.ts';
import { Backups } from '../../../signal/storage/backups.ts';
import { openStorageDatabase } from '../../../signal/storage/database.ts';
import { toBase64Url } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { MAX_BACKUP_CHUNKS } from '../../../signal/wire/limits.ts';
import { random32, temporaryFolder } from '../client.ts';

const HOUR = 60 * 60 * 1000;
const PLENTY = 1_000_000;

async function stage(points: { readonly requests?: number; readonly bytes?: number }) {
  const database = openStorageDatabase(temporaryFolder());
  const backups = new Backups(database, readConfig({}).storage!);
  const limiters = {
    refusals: new Limiter(PLENTY, HOUR),
    backupRequests: new Limiter(points.requests ?? PLENTY, HOUR),
    stored: new Limiter(points.bytes ?? PLENTY, HOUR),
  };
  const handler = createBackupHandler({
    ...{ backups, limiters, log: pino({ level: 'silent' }) },
    addressOf: ({ headers }) => String(headers['x-address']),
  });
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    database.close();
  });
  const token = random32();
  const id = await sha256(token);
  backups.bind(random32(), id);
  const { port } = server.address() as AddressInfo;
  const put = async (name: string, length: number, address = 'here') => {
    const headers = { authorization: `Backup ${toBase64Url(token)}`, 'x-address': address };
    const url = `http://127.0.0.1:${port}/backups/${name}`;
    return (await fetch(url, { method: 'PUT', headers, body: randomBytes(length) })).status;
  };
  return { database, backups, id, put };
}

describe('of one address', () => {
  test('so many requests are answered in an interval, and those of another as before', async () => {
    const { put } = await stage({ requests: 3 });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await put('manifest', 1));
    expect(answers).toEqual([204, 204, 204, 429]);
    expect(await put('manifest', 1, 'there')).toBe(204);
  });

  test('so many bytes are taken in an interval, and those of another as before', async () => {
    const { backups, id, put } = await stage({ bytes: 1000 });
    expect(await put('manifest', 600)).toBe(204);
    expect(await put('manifest', 401)).toBe(429);
    expect(backups.list(id)).toEqual([{ name: 'manifest', size: 600 }]);
    expect(await put('manifest', 401, 'there')).toBe(204);
  });
});

test('a backup has at most MAX_BACKUP_CHUNKS chunks, each of which can be replaced', async () => {
  const { database, backups, id, put } = await stage({});
  // What a power cut would do is not asked here.
  database.pragma('synchronous = OFF');
  const names = Array.from({ length: MAX_BACKUP_CHUNKS }, () => toBase64Url(randomBytes(16)));
  for (const name of names) expect(backups.put(id, name, Uint8Array.of(1))).toBe('stored');
  expect(await put('manifest', 1)).toBe(507);
  expect(await put(names[0]!, 2)).toBe(204);
  backups.delete(id, names[1]!);
  expect(await put('manifest', 1)).toBe(204);
});
