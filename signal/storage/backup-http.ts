/**
 * `/backups` over HTTP: sealed chunks, put, fetched and deleted by whoever has the token of their place. A token is
 * shown in an `Authorization: Backup <token>` header; the server knows its hash only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { hasBody, refuse, sendJson, sendStatus } from '../http-answers.ts';
import type { Limiters } from '../limiter.ts';
import { Occupancy } from '../occupancy.ts';
import { fromBase64Url, type Bytes } from '../wire/bytes.ts';
import { sha256 } from '../wire/keys.ts';
import { BACKUP_TOKEN_BYTES, MAX_BACKUP_CHUNK_BYTES, MAX_TRANSFERS_PER_ADDRESS } from '../wire/limits.ts';
import type { Backups } from './backups.ts';
import { readBody } from './body.ts';
import { isDiskTrouble } from './database.ts';

export interface BackupHttpParts {
  readonly backups: Backups;
  readonly limiters: Pick<Limiters, 'refusals' | 'backupRequests' | 'stored'>;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly log: Logger;
}

/** What a chunk may be called: the one that lists the others, or 16 random bytes. */
const CHUNK_PATH = /^\/backups\/(manifest|[A-Za-z0-9_-]{22})$/;

const NO_STORE = { 'Cache-Control': 'no-store' };

/** @returns a handler for requests to `/backups` and below. */
export function createBackupHandler(
  parts: BackupHttpParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const transfers = new Occupancy(MAX_TRANSFERS_PER_ADDRESS);

  return async (request, response) => {
    const path = request.url!.split('?', 1)[0]!;
    const name = CHUNK_PATH.exec(path)?.[1];
    if (name === undefined && path !== '/backups') return refuse(response, 404);
    const allowed = name === undefined ? ['GET', 'HEAD'] : ['GET', 'HEAD', 'PUT', 'DELETE'];
    if (!allowed.includes(request.method!)) {
      response.setHeader('Allow', allowed.join(', '));
      return refuse(response, 405);
    }
    if (request.method !== 'PUT' && hasBody(request)) return refuse(response, 413);
    const address = parts.addressOf(request);
    const place = await placeOf(request, address, parts);
    // Whoever has gone in the meantime would hold a place for ever.
    if (response.closed) return;
    if (typeof place === 'number') return refuse(response, place);
    // What is on its way is held in memory until it is there.
    if (!transfers.enter(address)) return refuse(response, 429);
    response.once('close', () => transfers.leave(address));
    try {
      if (name === undefined) sendJson(response, JSON.stringify({ chunks: parts.backups.list(place) }));
      else if (request.method === 'PUT') await put(name, place, address, request, response, parts);
      else if (request.method === 'DELETE') remove(name, place, response, parts);
      else send(name, place, response, parts);
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      parts.log.error({ error: (error as Error).message }, 'storing failed');
      refuse(response, 507);
    }
  };
}

/**
 * The place that a request's token opens. A wrong one counts as a guess; whoever has guessed too often is not heard,
 * right or wrong.
 * @returns its id, or the status that refuses the request.
 */
async function placeOf(
  request: IncomingMessage,
  address: string,
  { backups, limiters }: BackupHttpParts,
): Promise<Bytes | number> {
  const { refusals, backupRequests } = limiters;
  if (!(await backupRequests.take(address)) || (await refusals.isSpent(address))) return 429;
  const text = /^Backup (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (text === undefined) return 401;
  const token = fromBase64Url(text);
  const id = token?.length === BACKUP_TOKEN_BYTES ? await sha256(token) : undefined;
  if (id && backups.has(id)) return (await refusals.isSpent(address)) ? 429 : id;
  return (await refusals.take(address)) ? 401 : 429;
}

/** Answered once it is durable. */
async function put(
  name: string,
  place: Bytes,
  address: string,
  request: IncomingMessage,
  response: ServerResponse,
  { backups, limiters }: BackupHttpParts,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BACKUP_CHUNK_BYTES) return refuse(response, 413);
  const body = await readBody(request, MAX_BACKUP_CHUNK_BYTES);
  if (body === 'broken-off') return void response.destroy();
  if (body === 'too-big') return refuse(response, 413);
  if (!(await limiters.stored.take(address, body.length))) return refuse(response, 429);
  switch (backups.put(place, name, body)) {
    case 'stored':
      return sendStatus(response, 204);
    case 'full':
      return refuse(response, 507);
    case 'unknown':
      return refuse(response, 401);
  }
}

function send(name: string, place: Bytes, response: ServerResponse, { backups }: BackupHttpParts): void {
  const bytes = backups.get(place, name);
  if (!bytes) return sendStatus(response, 404);
  const headers = { ...NO_STORE, 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length };
  response.writeHead(200, headers).end(bytes);
}

function remove(name: string, place: Bytes, response: ServerResponse, { backups }: BackupHttpParts): void {
  backups.delete(place, name);
  sendStatus(response, 204);
}
