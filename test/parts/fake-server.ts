/** A WebSocket server that says what a test tells it to, right or wrong, and a signal client of it. */
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws';
import { toBase64Url, type Bytes } from '../../signal/wire/bytes.ts';
import { SignalClient, type SignalState } from '../../app/core/transport/signal-client.ts';

type Said = Record<string, unknown>;

/** A queue that can be waited on. */
class Queue<T> {
  #items: T[] = [];
  #wanted: ((item: T) => void)[] = [];

  add(item: T): void {
    const wanted = this.#wanted.shift();
    if (wanted) wanted(item);
    else this.#items.push(item);
  }

  next(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    return new Promise((resolve) => this.#wanted.push(resolve));
  }
}

/** The server's end of one connection. */
export class Caller {
  readonly closed: Promise<void>;
  readonly #socket: NodeWebSocket;
  readonly #heard = new Queue<Said>();

  constructor(socket: NodeWebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#heard.add(JSON.parse((data as Buffer).toString()) as Said));
  }

  /** The next message of the client. */
  hears(): Promise<Said> {
    return this.#heard.next();
  }

  says(message: Said): void {
    this.#socket.send(JSON.stringify(message));
  }

  saysRaw(data: string | Bytes): void {
    this.#socket.send(data);
  }

  /** Takes the client's login. @returns it. */
  async welcomes(role = 'anyone'): Promise<Said> {
    this.says({ type: 'challenge', version: 1, nonce: toBase64Url(new Uint8Array(32)) });
    const login = await this.hears();
    this.says({ type: 'welcome', role, mayInvite: true, iceServers: [{ urls: 'stun:a.example' }], mailbox: true });
    return login;
  }

  closes(code: number): void {
    this.#socket.close(code);
  }

  /** Ends the connection without a word. */
  breaks(): void {
    this.#socket.terminate();
  }
}

/** A client, what it told its owner, and each connection it makes. */
export interface Watched {
  readonly client: SignalClient;
  /** `state`, `presence` and `signal` calls, in order. */
  readonly told: unknown[][];
  /** How often it opened a socket. */
  readonly opened: () => number;
  readonly caller: () => Promise<Caller>;
  /** The next state it entered that the test has not seen yet. */
  readonly state: () => Promise<SignalState>;
}

/** Starts a server that ends with the test. @returns how a client reaches it, and each connection that one makes. */
export async function fakeServer(): Promise<{ openSocket: () => WebSocket; caller: () => Promise<Caller> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const callers = new Queue<Caller>();
  server.on('connection', (socket) => callers.add(new Caller(socket)));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const openSocket = () => {
    const socket = new NodeWebSocket(`ws://127.0.0.1:${port}/signal`);
    socket.on('error', () => undefined);
    return socket as unknown as WebSocket;
  };
  return { openSocket, caller: () => callers.next() };
}

/** Starts a server and a client for it, which has not been told to connect; both end with the test. */
export async function watchedClient(): Promise<Watched> {
  const { openSocket, caller } = await fakeServer();
  const states = new Queue<SignalState>();
  const told: unknown[][] = [];
  let opened = 0;
  const client = new SignalClient({
    openSocket: () => {
      opened++;
      return openSocket();
    },
    login: async (nonce) => ({ origin: 'http://a', card: nonce, signature: nonce, tickets: [] }),
    onstate: (state) => {
      told.push(['state', state]);
      states.add(state);
    },
    onpresence: (...what) => told.push(['presence', ...what]),
    onsignal: (...what) => told.push(['signal', ...what]),
    onmail: () => told.push(['mail']),
  });
  onTestFinished(() => client.close());
  return { client, told, opened: () => opened, caller, state: () => states.next() };
}
