/** A real server on a port of its own, and a raw client that can say anything to it, right or wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { readConfig } from '../../signal/config.ts';
import { loadPages } from '../../signal/pages.ts';
import { createSignalServer, type SignalServerParts } from '../../signal/server.ts';
import { openSqlite } from '../../signal/sqlite.ts';
import { toBase64Url, toHex, utf8, type Bytes } from '../../signal/wire/bytes.ts';
import { signCard, type CardFields } from '../../signal/wire/card.ts';
import { ACCEPT_LABEL, fingerprintOf, LOGIN_LABEL, OAEP, PSS, sha256, sign } from '../../signal/wire/keys.ts';
import { WIRE_VERSION } from '../../signal/wire/limits.ts';
import {
  decodeMessage,
  encodeMessage,
  ServerMessage,
  type Answer,
  type ClientMessage,
  type ClientMessageOf,
  type Request,
  type ServerMessageOf,
} from '../../signal/wire/messages.ts';

export const DAY = 24 * 60 * 60 * 1000;

export type Login = ClientMessageOf<'login'>;

/** A temporary folder, gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Running {
  readonly port: number;
  /** What people open, such as `http://localhost:1234`. */
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** Starts a server with these settings; it stops after the test, if not before. */
export async function startServer(
  env: Record<string, string> = {},
  parts: Partial<SignalServerParts> & { readonly appFolder?: string } = {},
): Promise<Running> {
  const dataDir = env.DATA_DIR ?? temporaryFolder();
  const config = readConfig({ PORT: '0', ...env, DATA_DIR: dataDir });
  const server = createSignalServer({
    config,
    sqlite: openSqlite(dataDir),
    pages: loadPages(parts.appFolder ?? join(dataDir, 'no-app')),
    version: '0.0.0-test',
    log: pino({ level: 'silent' }),
    ...parts,
  });
  const { port, origin } = await server.start();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= server.close());
  onTestFinished(close);
  return { port, origin, close };
}

/** Random bytes, as many as a fingerprint, a ticket or an invite's id has. */
export function random32(): Bytes {
  return crypto.getRandomValues(new Uint8Array(32));
}

export interface Identity {
  readonly fingerprint: Bytes;
  readonly hex: string;
  readonly card: Bytes;
  readonly privateKey: CryptoKey;
  /** Another card of the same identity. */
  newCard(fields: Partial<CardFields>): Promise<Bytes>;
}

const RSA = { modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) };

async function exportSpki(pair: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
}

/** One wrapping key for all: the server only passes it on, and making keys takes most of the time here. */
let wrappingKey: Promise<Bytes> | undefined;

export async function makeIdentity(): Promise<Identity> {
  return identityOf(await crypto.subtle.generateKey({ ...PSS, ...RSA }, true, ['sign', 'verify']));
}

/** The identity of these keys for signing. */
export async function identityOf(pair: CryptoKeyPair): Promise<Identity> {
  wrappingKey ??= crypto.subtle.generateKey({ ...OAEP, ...RSA }, true, ['encrypt', 'decrypt']).then(exportSpki);
  const signingKey = await exportSpki(pair);
  const now = Date.now();
  const fields = { sequence: now, from: now, until: now + 365 * DAY, capabilities: 0, signingKey };
  const newCard = async (changes: Partial<CardFields>): Promise<Bytes> =>
    signCard({ ...fields, wrappingKey: await wrappingKey!, ...changes }, pair.privateKey);
  const fingerprint = await fingerprintOf(signingKey);
  return { fingerprint, hex: toHex(fingerprint), card: await newCard({}), privateKey: pair.privateKey, newCard };
}

const people = new Map<string, Promise<Identity>>();

/** The identity of this name, the same one throughout a test file. */
export function person(name: string): Promise<Identity> {
  const known = people.get(name) ?? makeIdentity();
  people.set(name, known);
  return known;
}

/** An invite's ticket and the id that the server knows it by. */
export async function makeTicket(): Promise<{ ticket: Bytes; id: Bytes }> {
  const ticket = random32();
  return { ticket, id: await sha256(ticket) };
}

/** The inviter's signature that lets a guest in. */
export function signAcceptance(inviter: Identity, id: Bytes, guest: Bytes): Promise<Bytes> {
  return sign(inviter.privateKey, ACCEPT_LABEL, [id, inviter.fingerprint, guest]);
}

/** Each request without the number that the client gives it. */
export type Unnumbered<R> = R extends unknown ? Omit<R, 'ref'> : never;

export class Client {
  readonly socket: WebSocket;
  readonly origin: string;
  /** The code the socket was closed with. */
  readonly closed: Promise<number>;
  /** What the server has said and nobody has taken yet. */
  readonly inbox: ServerMessage[] = [];
  #waiting: (() => void)[] = [];
  #ref = 0;

  private constructor(origin: string, options: ClientOptions) {
    this.origin = origin;
    this.socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/signal`, { perMessageDeflate: false, ...options });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      const message = decodeMessage(ServerMessage, text);
      if (!message) throw new Error(`The server said what the schema does not name: ${text.slice(0, 80)}`);
      this.inbox.push(message);
      this.#wake();
    });
    void this.closed.then(() => this.#wake());
  }

  /** Connects; the challenge is the first message to take. */
  static async connect(origin: string, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(origin, options);
    onTestFinished(() => client.socket.terminate());
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    return client;
  }

  /** Connects and logs in, which must succeed. */
  static async enter(origin: string, identity: Identity, changes: Partial<Login> = {}): Promise<Client> {
    const client = await Client.connect(origin);
    await client.login(identity, changes);
    await client.take('welcome');
    return client;
  }

  /** The login that answers this connection's challenge, with some of its fields changed before it is signed. */
  async makeLogin(identity: Identity, changes: Partial<Login> = {}): Promise<Login> {
    const { nonce } = await this.take('challenge');
    const dialled = changes.origin ?? this.origin;
    const signature = await sign(identity.privateKey, LOGIN_LABEL, [utf8(dialled), nonce, identity.fingerprint]);
    return { type: 'login', version: WIRE_VERSION, origin: dialled, card: identity.card, signature, ...changes };
  }

  async login(identity: Identity, changes: Partial<Login> = {}): Promise<void> {
    this.send(await this.makeLogin(identity, changes));
  }

  send(message: ClientMessage): void {
    this.socket.send(encodeMessage(message));
  }

  signal(to: Bytes, payload: Bytes): void {
    this.send({ type: 'signal', to, payload: toBase64Url(payload) });
  }

  /** Watches people, by a ticket if there is one, and waits until the server knows. */
  async watch(peers: readonly Identity[], ticket?: Bytes): Promise<void> {
    const shown = ticket ? { ticket } : {};
    this.send({ type: 'watch', peers: peers.map(({ fingerprint }) => ({ fingerprint, ...shown })) });
    await this.settle();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Takes the first message of a type, waiting for it; others stay in the inbox. */
  async take<Type extends ServerMessage['type']>(type: Type): Promise<ServerMessageOf<Type>> {
    for (;;) {
      const index = this.inbox.findIndex((message) => message.type === type);
      if (index >= 0) return this.inbox.splice(index, 1)[0] as ServerMessageOf<Type>;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`Closed while waiting for "${type}".`);
      await this.#news();
    }
  }

  /** Sends a request. @returns 'done', the refusal's code, or the card looked up. */
  async request(request: Unnumbered<Request>): Promise<string | Bytes | null> {
    const answer = await this.ask(request);
    if (answer.type === 'refused') return answer.code;
    return answer.type === 'card' ? answer.card : 'done';
  }

  /** Sends a request. @returns the whole answer. */
  async ask(request: Unnumbered<Request>): Promise<Answer> {
    const ref = ++this.#ref;
    this.send({ ...request, ref });
    for (;;) {
      const index = this.inbox.findIndex((message) => 'ref' in message && message.ref === ref);
      if (index >= 0) return this.inbox.splice(index, 1)[0] as Answer;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('Closed while waiting for an answer.');
      await this.#news();
    }
  }

  /** Waits until the server has handled, and told everyone about, all that was sent before. */
  async settle(): Promise<void> {
    await this.request({ type: 'cancel', id: new Uint8Array(32) });
  }

  /** The presence messages that have come so far, as `[hex fingerprint, present]`, taken out of the inbox. */
  takePresence(): [string, boolean][] {
    const told = this.inbox.filter((message) => message.type === 'presence');
    for (const message of told) this.inbox.splice(this.inbox.indexOf(message), 1);
    return told.map(({ fingerprint, present }) => [toHex(fingerprint), present]);
  }
}
