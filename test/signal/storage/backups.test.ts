import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import {
  MAX_BACKUP_CHUNK_BYTES,
  MAX_TRANSFERS_PER_ADDRESS,
  REFUSALS_PER_INTERVAL,
} from '../../../signal/wire/limits.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, person, random32, startServer, temporaryFolder } from '../client.ts';
import { stage } from './stage.ts';

const MEBIBYTE = 1024 * 1024;

/** A name as chunks have it. */
const chunkName = () => toBase64Url(randomBytes(16));

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Bytes;
}

/** What is asked of `/backups` with a token, each time over a connection of its own. */
class BackupClient {
  readonly #origin: string;
  readonly token: Bytes;

  constructor(origin: string, token: Bytes = random32()) {
    this.#origin = origin;
    this.token = token;
  }

  /** Sends a request. @param headers besides, or in place of, the one with the token */
  ask(method: string, path = '', body?: Bytes, headers: OutgoingHttpHeaders = {}): Promise<Reply> {
    const { hostname, port } = new URL(this.#origin);
    const authorization = `Backup ${toBase64Url(this.token)}`;
    const length = body && !('transfer-encoding' in headers) ? { 'content-length': body.length } : {};
    const options = {
      hostname,
      port,
      method,
      path: `/backups${path}`,
      headers: { authorization, ...length, ...headers },
    };
    return new Promise((resolve, reject) => {
      const asked = request({ ...options, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () => {
          resolve({
            status: answer.statusCode!,
            headers: answer.headers,
            body: Uint8Array.from(Buffer.concat(chunks)),
          });
        });
      });
      asked.on('error', reject);
      if (body) asked.write(body);
      asked.end();
    });
  }

  async put(name: string, body: Bytes, headers: OutgoingHttpHeaders = {}): Promise<number> {
    return (await this.ask('PUT', `/${name}`, body, headers)).status;
  }

  async get(name: string): Promise<Bytes | number> {
    const { status, body } = await this.ask('GET', `/${name}`);
    return status === 200 ? body : status;
  }

  async list(): Promise<unknown> {
    const { status, body } = await this.ask('GET');
    return status === 200 ? JSON.parse(Buffer.from(body).toString()) : status;
  }
}

/** Ann has a place for her backup. */
async function annsBackup(env: Record<string, string> = {}, parts: Parameters<typeof stage>[2] = {}) {
  const staged = await stage(['ann'], env, parts);
  const backup = new BackupClient(staged.origin);
  const anns = staged.clients[0]!;
  expect(await anns.request({ type: 'backup', id: await sha256(backup.token) })).toBe('done');
  return { ...staged, anns, backup };
}

describe('a backup', () => {
  test('is put, listed, fetched, replaced and deleted, chunk by chunk', async () => {
    const { backup } = await annsBackup();
    const [name, chunk, manifest] = [chunkName(), randomBytes(MAX_BACKUP_CHUNK_BYTES), randomBytes(100)];
    expect(await backup.list()).toEqual({ chunks: [] });
    expect(await backup.put(name, chunk)).toBe(204);
    expect(await backup.put('manifest', randomBytes(200))).toBe(204);
    expect(await backup.put('manifest', manifest)).toBe(204);
    const { chunks } = (await backup.list()) as { chunks: unknown[] };
    expect(chunks).toHaveLength(2);
    expect(chunks).toEqual(
      expect.arrayContaining([
        { name, size: chunk.length },
        { name: 'manifest', size: manifest.length },
      ]),
    );
    expect(await backup.get(name)).toEqual(chunk);
    expect(await backup.get('manifest')).toEqual(manifest);
    expect((await backup.ask('DELETE', `/${name}`)).status).toBe(204);
    expect((await backup.ask('DELETE', `/${name}`)).status).toBe(204);
    expect(await backup.get(name)).toBe(404);
    expect(await backup.list()).toEqual({ chunks: [{ name: 'manifest', size: 100 }] });
  });

  test('survives a restart of the server', async () => {
    const env = { DATA_DIR: temporaryFolder() };
    const { server, anns, backup } = await annsBackup(env);
    const chunk = randomBytes(5000);
    await backup.put('manifest', chunk);
    anns.socket.close();
    await server.close();
    const { origin } = await startServer({ ...env, PORT: String(server.port) });
    expect(await new BackupClient(origin, backup.token).get('manifest')).toEqual(chunk);
  });

  test('is kept from caches', async () => {
    const { backup } = await annsBackup();
    await backup.put('manifest', randomBytes(10));
    for (const path of ['', '/manifest']) {
      expect((await backup.ask('GET', path)).headers['cache-control']).toBe('no-store');
    }
  });
});

describe('the place of a backup', () => {
  test('is one for each: another takes its place, and what was there goes', async () => {
    const { origin, anns, backup } = await annsBackup();
    await backup.put('manifest', randomBytes(10));
    const next = new BackupClient(origin);
    expect(await anns.request({ type: 'backup', id: await sha256(next.token) })).toBe('done');
    expect(await backup.list()).toBe(401);
    expect(await next.list()).toEqual({ chunks: [] });
    expect(await anns.request({ type: 'backup', id: await sha256(backup.token) })).toBe('done');
    expect(await backup.list()).toEqual({ chunks: [] });
  });

  test('named again by its owner keeps what is there; nobody else can have it', async () => {
    const { origin, anns, backup } = await annsBackup();
    await backup.put('manifest', randomBytes(10));
    const id = await sha256(backup.token);
    expect(await anns.request({ type: 'backup', id })).toBe('done');
    const eves = await Client.enter(origin, await person('eve'));
    expect(await eves.request({ type: 'backup', id })).toBe('not-allowed');
    expect(await backup.list()).toEqual({ chunks: [{ name: 'manifest', size: 10 }] });
  });

  test("opens with its own token only, and does not show another's chunks", async () => {
    const { origin, backup } = await annsBackup();
    const name = chunkName();
    await backup.put(name, randomBytes(10));
    const eves = await Client.enter(origin, await person('eve'));
    const other = new BackupClient(origin);
    await eves.request({ type: 'backup', id: await sha256(other.token) });
    expect(await other.get(name)).toBe(404);
    expect((await other.ask('DELETE', `/${name}`)).status).toBe(204);
    expect(await backup.list()).toMatchObject({ chunks: [{ name }] });
    for (const authorization of ['', 'Backup', 'Backup !', `Bearer ${toBase64Url(backup.token)}`, 'Backup AAAA']) {
      expect((await fetch(`${origin}/backups`, { headers: { authorization } })).status).toBe(401);
    }
  });

  test('is not found by guessing: wrong tokens count, and then even the right one is not heard', async () => {
    const { origin, backup } = await annsBackup();
    for (let i = 0; i < REFUSALS_PER_INTERVAL; i++) {
      expect((await new BackupClient(origin).ask('GET')).status).toBe(401);
    }
    expect((await new BackupClient(origin).ask('GET')).status).toBe(429);
    expect((await backup.ask('GET')).status).toBe(429);
  });
});

describe('a chunk', () => {
  test('has at most MAX_BACKUP_CHUNK_BYTES, also where its length is not said beforehand', async () => {
    const { backup } = await annsBackup();
    expect(await backup.put('manifest', randomBytes(MAX_BACKUP_CHUNK_BYTES))).toBe(204);
    // Refused by what is said of it, before it comes.
    const said = { 'content-length': MAX_BACKUP_CHUNK_BYTES + 1 };
    expect((await backup.ask('PUT', '/manifest', undefined, said)).status).toBe(413);
    const unsaid = { 'transfer-encoding': 'chunked' };
    expect(await backup.put('manifest', randomBytes(MAX_BACKUP_CHUNK_BYTES), unsaid)).toBe(204);
    const answer = backup.put('manifest', randomBytes(MAX_BACKUP_CHUNK_BYTES + 1), unsaid);
    // The server closes while we may still be writing.
    expect(await answer.catch((error: Error & { code?: string }) => error.code)).toSatisfy((outcome) =>
      [413, 'ECONNRESET', 'EPIPE'].includes(outcome as number),
    );
    expect(await backup.list()).toEqual({ chunks: [{ name: 'manifest', size: MAX_BACKUP_CHUNK_BYTES }] });
  });

  test.each([
    '/',
    '/a',
    '/manifest2',
    `/${'a'.repeat(23)}`,
    '/../manifest',
    '/%2e%2e/manifest',
    `/${'%C3'.repeat(7)}a`,
  ])('is not called %s', async (path) => {
    const { backup } = await annsBackup();
    expect((await backup.ask('PUT', path, randomBytes(1))).status).not.toBe(204);
    expect(await backup.list()).toEqual({ chunks: [] });
  });

  test('is not had in other ways', async () => {
    const { backup } = await annsBackup();
    const answer = await backup.ask('POST', '/manifest', randomBytes(1));
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
    expect((await backup.ask('PUT', '', randomBytes(1))).status).toBe(405);
    expect((await backup.ask('DELETE', '/manifest', randomBytes(1))).status).toBe(413);
  });

  test('that is broken off leaves nothing, and the place it had is free again', async () => {
    const { backup, server } = await annsBackup();
    await backup.put('manifest', randomBytes(10));
    const head = `PUT /backups/manifest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Backup ${toBase64Url(backup.token)}`;
    const sockets = Array.from({ length: MAX_TRANSFERS_PER_ADDRESS }, () => {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`${head}\r\nContent-Length: 1000\r\n\r\nbegun`);
      return socket;
    });
    await expect.poll(() => backup.list(), { timeout: 10_000 }).toBe(429);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => backup.list(), { timeout: 10_000 }).toEqual({ chunks: [{ name: 'manifest', size: 10 }] });
  });

  test('comes in time, or not at all', async () => {
    const { backup, server } = await annsBackup({}, { timing: { headersDeadline: 300, uploadDeadline: 300 } });
    const socket = connect(server.port, '127.0.0.1');
    const answer = new Promise((resolve) => socket.once('data', (data) => resolve(String(data).slice(0, 12))));
    socket.write(
      `PUT /backups/manifest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Backup ${toBase64Url(backup.token)}\r\n` +
        'Content-Length: 1000\r\n\r\n',
    );
    const drip = setInterval(() => socket.write('.'), 20);
    socket.on('error', () => undefined);
    expect(await Promise.race([answer, delay(8000, 'nothing')])).toBe('HTTP/1.1 408');
    clearInterval(drip);
    expect(await backup.list()).toEqual({ chunks: [] });
  });
});

describe('the size of a backup', () => {
  test('is at most BACKUP_MB: beyond, 507, and what is there stays', async () => {
    const { backup } = await annsBackup({ BACKUP_MB: '2' });
    const [one, two, three] = [chunkName(), chunkName(), chunkName()];
    expect(await backup.put(one, randomBytes(MEBIBYTE))).toBe(204);
    expect(await backup.put(two, randomBytes(MEBIBYTE))).toBe(204);
    expect(await backup.put(three, randomBytes(1))).toBe(507);
    // In place of another it is no more than before.
    expect(await backup.put(two, randomBytes(MEBIBYTE))).toBe(204);
    expect(await backup.put(two, randomBytes(MEBIBYTE - 1))).toBe(204);
    expect(await backup.put(three, randomBytes(1))).toBe(204);
    await backup.ask('DELETE', `/${one}`);
    expect(await backup.put(chunkName(), randomBytes(MEBIBYTE))).toBe(204);
  });

  test('leaves room for parcels: of all that may be kept, backups fill three quarters', async () => {
    const { backup } = await annsBackup({ STORAGE_MB: '4' });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push(await backup.put(chunkName(), randomBytes(MEBIBYTE)));
    expect(statuses).toEqual([204, 204, 507, 507]);
  });
});
