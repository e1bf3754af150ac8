/** A place on our server, over HTTP (`signal/PROTOCOL.md`): whoever has the token may read and write there. */
import { toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../../../signal/wire/limits.ts';
import { PlaceError, type BackupPlace } from './place.ts';

const TIMEOUT = 60_000;
/** A name, and what its size may be; a listing of anything else is none. */
const NAME = /^(manifest|[A-Za-z0-9_-]{22})$/;
/** How often, and how long (milliseconds), a server that is asked too much is waited for. */
const MAX_WAITS = 8;
const WAIT = 10_000;

type Method = 'GET' | 'PUT' | 'DELETE';

const REASONS: Partial<Record<number, PlaceError['reason']>> = { 401: 'unknown', 429: 'busy', 507: 'full' };

/** @param origin - the server's. @param token - what the recovery code gives, 32 bytes. @param stop - ends what is under way. */
export function serverPlace(origin: string, token: Bytes, stop?: AbortSignal): BackupPlace {
  const authorization = `Backup ${toBase64Url(token)}`;

  const ask = async (method: Method, name?: string, body?: Bytes): Promise<Response> => {
    for (let waits = 0; ; waits++) {
      const response = await request(method, name, body);
      if (response.ok || (response.status === 404 && name !== undefined && method !== 'PUT')) return response;
      if (response.status !== 429 || waits === MAX_WAITS) throw refusal(response.status);
      await pause(WAIT, stop);
    }
  };

  const request = (method: Method, name?: string, body?: Bytes): Promise<Response> => {
    const late = AbortSignal.timeout(TIMEOUT);
    return fetch(`${origin}/backups${name === undefined ? '' : `/${name}`}`, {
      method,
      headers: { authorization },
      cache: 'no-store',
      signal: stop ? AbortSignal.any([late, stop]) : late,
      ...(body ? { body } : {}),
    }).catch(() => {
      throw new PlaceError('unreachable');
    });
  };

  return {
    async list() {
      const sizes = readListing(await bodyOf((await ask('GET')).json()));
      if (!sizes) throw new PlaceError('failed');
      return sizes;
    },
    async get(name) {
      const response = await ask('GET', name);
      if (response.status === 404) return undefined;
      const bytes = new Uint8Array(await bodyOf(response.arrayBuffer()));
      if (bytes.length > MAX_BACKUP_CHUNK_BYTES) throw new PlaceError('failed');
      return bytes;
    },
    async put(name, bytes) {
      await ask('PUT', name, bytes);
    },
    async remove(name) {
      await ask('DELETE', name);
    },
  };
}

function refusal(status: number): PlaceError {
  // Whoever keeps no backups knows none of these addresses.
  if (status === 404 || status === 405) return new PlaceError('absent');
  return new PlaceError(REASONS[status] ?? 'failed');
}

/** What the connection breaks off in the middle of was not read. */
async function bodyOf<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch {
    throw new PlaceError('unreachable');
  }
}

/** @returns `undefined` for anything but `{ chunks: [{ name, size }] }` */
function readListing(answer: unknown): Map<string, number> | undefined {
  const chunks = typeof answer === 'object' && answer !== null && 'chunks' in answer ? answer.chunks : undefined;
  if (!Array.isArray(chunks)) return undefined;
  const sizes = new Map<string, number>();
  for (const chunk of chunks as readonly unknown[]) {
    if (typeof chunk !== 'object' || chunk === null || !('name' in chunk) || !('size' in chunk)) return undefined;
    const { name, size } = chunk;
    if (typeof name !== 'string' || !NAME.test(name) || typeof size !== 'number') return undefined;
    sizes.set(name, size);
  }
  return sizes;
}

function pause(time: number, stop: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(new PlaceError('unreachable'));
    };
    const timer = setTimeout(() => {
      stop?.removeEventListener('abort', end);
      resolve();
    }, time);
    if (stop?.aborted) end();
    stop?.addEventListener('abort', end, { once: true });
  });
}
