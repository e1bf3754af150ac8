/** What the server answers over HTTP: its health, cards for curl, what an invite leads to, and the app's files. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Access } from './access.ts';
import type { Directory } from './directory.ts';
import { hasBody, refuse, sendJson, sendStatus } from './http-answers.ts';
import { inviteIdOf, type Invites } from './invites.ts';
import type { Limiters } from './limiter.ts';
import type { Pages } from './pages.ts';
import { fromBase64Url, fromHex, toBase64Url, type Bytes } from './wire/bytes.ts';
import { openCard } from './wire/card.ts';
import { FINGERPRINT_BYTES, TICKET_BYTES } from './wire/limits.ts';
import { encodeMessage, type Health } from './wire/messages.ts';

export interface HttpParts {
  readonly access: Access;
  readonly directory: Directory;
  readonly invites: Invites;
  readonly limiters: Pick<Limiters, 'refusals' | 'lookups'>;
  readonly pages: Pages;
  /** Answers what is asked of `/backups`; `undefined`: nothing is kept there. */
  readonly backups: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;
  readonly headers: ReadonlyMap<string, string>;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Whether requests come by a proxy, which answers for the `Host` it lets through. */
  readonly trustProxy: boolean;
  /** The server's own, once it listens. */
  readonly origins: () => readonly string[];
  /** Of the product, for `/health`. */
  readonly version: string;
  readonly log: Logger;
}

/** Where the WebSocket is. */
export const SIGNAL_PATH = '/signal';

/** An endpoint's answer: JSON, or a status alone. */
type Answer = { readonly json: string } | { readonly status: number };

const NOT_FOUND: Answer = { status: 404 };
const UNAUTHORIZED: Answer = { status: 401 };
const TOO_MANY: Answer = { status: 429 };

export function createHttpHandler(parts: HttpParts): RequestListener {
  return (request, response) => {
    for (const [name, value] of parts.headers) response.setHeader(name, value);
    answer(request, response, parts).catch((error: unknown) => {
      parts.log.error({ error: (error as Error).message }, 'request failed');
      if (response.headersSent) response.destroy();
      else sendStatus(response, 500);
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: HttpParts): Promise<void> {
  const path = request.url!.split('?', 1)[0]!;
  if (path === '/backups' || path.startsWith('/backups/')) {
    if (!parts.backups) return refuse(response, 404);
    return isOwnHost(request, parts) ? parts.backups(request, response) : refuse(response, 421);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return refuse(response, 405);
  }
  if (hasBody(request)) return refuse(response, 413);
  if (path === '/health') return sendJson(response, health(parts));
  if (path === SIGNAL_PATH) return refuse(response, 426);
  const fingerprint = /^\/keys\/(.*)$/.exec(path)?.[1];
  if ((path === '/invites' || fingerprint !== undefined) && !isOwnHost(request, parts)) return refuse(response, 421);
  if (path === '/invites') return send(response, await openInvite(request, parts));
  if (fingerprint !== undefined) return send(response, await showKeys(fingerprint, request, parts));
  if (!parts.pages(path, request, response)) sendStatus(response, 404);
}

/**
 * Whether a request names us as whom it wants to reach. A web page whose own name suddenly leads to this machine would
 * otherwise read here as if it were ours.
 */
function isOwnHost({ headers }: IncomingMessage, { origins, trustProxy }: HttpParts): boolean {
  const url = `http://${headers.host}`;
  if (trustProxy || headers.host === undefined) return true;
  return URL.canParse(url) && origins().some((origin) => new URL(origin).hostname === new URL(url).hostname);
}

function health({ version, access, origins }: HttpParts): string {
  const answer: Health = { status: 'ok', version, access: access.kind, origins: [...origins()] };
  return JSON.stringify(answer);
}

/** `GET /invites`: what is known of the invite that a ticket opens, used or not. */
async function openInvite(request: IncomingMessage, parts: HttpParts): Promise<Answer> {
  const address = parts.addressOf(request);
  if (!(await mayLookUp(address, parts))) return TOO_MANY;
  const ticket = ticketOf(request);
  if (!ticket) return UNAUTHORIZED;
  const invite = parts.invites.open(inviteIdOf(ticket));
  if (!(await mayHear(invite !== undefined, address, parts))) return TOO_MANY;
  if (!invite) return NOT_FOUND;
  const { inviter, expiry, note, usedBy, knock } = invite;
  return { json: encodeMessage({ inviter, expiry, note, usedBy, knock: knock && parts.backups !== undefined }) };
}

/** `GET /keys/<fingerprint>`: a card, and its keys as openssl reads them. */
async function showKeys(hex: string, request: IncomingMessage, parts: HttpParts): Promise<Answer> {
  const address = parts.addressOf(request);
  if (!(await mayLookUp(address, parts))) return TOO_MANY;
  const bytes = fromHex(hex);
  const fingerprint = bytes?.length === FINGERPRINT_BYTES ? bytes : undefined;
  const allowed = mayShowKeys(fingerprint, request, parts.access);
  const guessed = !allowed && request.headers.authorization !== undefined;
  if (!(await mayHear(!guessed, address, parts))) return TOO_MANY;
  if (!allowed) return UNAUTHORIZED;
  const stored = fingerprint && parts.directory.find(fingerprint);
  const card = stored && (await openCard(stored));
  if (!card) return NOT_FOUND;
  const keys = { signingKey: toPem(card.signingKey), wrappingKey: toPem(card.wrappingKey) };
  return { json: JSON.stringify({ fingerprint: hex, card: toBase64Url(card.bytes), ...keys }) };
}

/** Whoever has been refused too often is not looked at, right or wrong. */
async function mayLookUp(address: string, { limiters }: HttpParts): Promise<boolean> {
  return (await limiters.lookups.take(address)) && !(await limiters.refusals.isSpent(address));
}

/**
 * Counts a wrong guess, and says whether there is an answer to it, right or wrong. Of guesses sent all at once, no more
 * are answered than of those sent one by one.
 */
async function mayHear(right: boolean, address: string, { limiters }: HttpParts): Promise<boolean> {
  return right ? !(await limiters.refusals.isSpent(address)) : limiters.refusals.take(address);
}

/** On a private server: with its token, or with a live ticket of the very one asked for. */
function mayShowKeys(fingerprint: Bytes | undefined, request: IncomingMessage, access: Access): boolean {
  if (access.kind === 'open') return true;
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token !== undefined) return access.isToken(token);
  const ticket = ticketOf(request);
  return ticket !== undefined && fingerprint !== undefined && access.ticketOpens(ticket, fingerprint);
}

/** The ticket in an `Authorization: Invite <ticket>` header. */
function ticketOf(request: IncomingMessage): Bytes | undefined {
  const text = /^Invite (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const ticket = text === undefined ? undefined : fromBase64Url(text);
  return ticket?.length === TICKET_BYTES ? ticket : undefined;
}

function toPem(spki: Bytes): string {
  const lines = Buffer.from(spki)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
}

function send(response: ServerResponse, answer: Answer): void {
  if ('json' in answer) sendJson(response, answer.json);
  else sendStatus(response, answer.status);
}
