/** How answers over HTTP end: with JSON, with a status alone, or without hearing the client out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LOOKUP_INTERVAL, REFUSAL_INTERVAL } from './wire/limits.ts';

export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

export function sendJson(response: ServerResponse, json: string): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(json);
}

export function sendStatus(response: ServerResponse, status: number): void {
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer, Invite, Backup');
  if (status === 429) response.setHeader('Retry-After', Math.max(LOOKUP_INTERVAL, REFUSAL_INTERVAL) / 1000);
  // 204 has no body, and may not say how long it is.
  if (status !== 204) response.setHeader('Content-Length', 0);
  response.writeHead(status, { 'Cache-Control': 'no-store' }).end();
}

/** Answers without reading what else the client may be sending. */
export function refuse(response: ServerResponse, status: number): void {
  response.setHeader('Connection', 'close');
  sendStatus(response, status);
}
