/**
 * One client's WebSocket: challenged, logged in, and then served one message at a time, in the order they came.
 * `PROTOCOL.md` describes the conversation.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import type { Party } from './access.ts';
import type { IceServers } from './ice-servers.ts';
import { inviteIdOf } from './invites.ts';
import type { Limiter } from './limiter.ts';
import { judgeLogin, type Login, type LoginParts } from './login.ts';
import type { Presence, Present } from './presence.ts';
import { answerRequest, outcome, type RequestParts } from './requests.ts';
import { fromHex, toHex, type Bytes } from './wire/bytes.ts';
import { CloseCode } from './wire/close-codes.ts';
import {
  BYTES_PER_POINT,
  CHALLENGE_BYTES,
  MAX_BUFFERED_BYTES,
  MAX_BUFFERED_FOR_SIGNALS,
  MAX_MESSAGE_BYTES,
  MAX_QUEUED_MESSAGES,
  WIRE_VERSION,
} from './wire/limits.ts';
import {
  ClientMessage,
  decodeMessage,
  encodeMessage,
  type Answer,
  type ClientMessageOf,
  type IceServer,
  type RelayedSignal,
  type ServerMessage,
  type StorageRequest,
} from './wire/messages.ts';

export interface ConnectionParts extends LoginParts, RequestParts {
  readonly presence: Presence<Connection>;
  readonly points: Limiter;
  readonly addressPoints: Limiter;
  readonly iceServers: () => IceServers;
  /** Answers about what is kept for people who are away; `undefined`: nothing is. */
  readonly answerStorage: ((request: StorageRequest, login: Login) => Promise<Answer>) | undefined;
  readonly loginDeadline: number;
  readonly log: Logger;
}

/** How long, in milliseconds, a client that is being closed may take to say goodbye. */
const CLOSE_GRACE = 2000;

/** What may be larger than MAX_MESSAGE_BYTES, once logged in where something is kept. */
const LargeMessage = v.object({ type: v.picklist(['deposit', 'publish']) });

export class Connection implements Present {
  readonly #socket: WebSocket;
  readonly #address: string;
  readonly #id: string;
  readonly #parts: ConnectionParts;
  readonly #nonce: Bytes = Uint8Array.from(randomBytes(CHALLENGE_BYTES));
  readonly #deadline: NodeJS.Timeout;
  readonly #queue: Buffer[] = [];
  #working = false;
  #alive = true;
  #closed = false;
  /** Ours, if we closed it. */
  #closeCode: CloseCode | undefined;
  #login: Login | undefined;
  /** Told of mail, and has not asked for it since. */
  #toldOfMail = false;
  /** When to send newer credentials for relays. */
  #renewIceAt = Infinity;

  /** @param id unique among this process's connections. */
  constructor(socket: WebSocket, address: string, id: string, parts: ConnectionParts) {
    this.#socket = socket;
    this.#address = address;
    this.#id = id;
    this.#parts = parts;
    this.#deadline = setTimeout(() => this.close(CloseCode.tooSlow), parts.loginDeadline);
    socket.on('message', (data, isBinary) => this.#enqueue(isBinary ? undefined : (data as Buffer)));
    socket.on('ping', () => void this.#pay(0));
    socket.on('pong', () => {
      this.#alive = true;
      void this.#pay(0);
    });
    socket.on('error', (error) => parts.log.debug({ connection: id, reason: error.message }, 'socket failed'));
    socket.on('close', (code) => {
      this.#leave();
      const ours = this.#closeCode ?? code;
      parts.log.info({ connection: id, code: ours, reason: reasonOf(ours) }, 'connection closed');
    });
    this.#send({ type: 'challenge', version: WIRE_VERSION, nonce: this.#nonce });
  }

  /** Who this is, once logged in. */
  get party(): Party | undefined {
    return this.#login?.party;
  }

  /** Closes the connection, which from now on neither sends nor hears anything and counts as gone. */
  close(code: CloseCode): void {
    if (this.#closed) return;
    this.#leave();
    this.#closeCode = code;
    this.#socket.close(code);
    const grace = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE);
    this.#socket.once('close', () => clearTimeout(grace));
  }

  /** Drops a client that has not answered a close. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Called at an even pace: pings, or closes if the ping before has not been answered. */
  beat(): void {
    if (!this.#alive) return this.close(CloseCode.tooSlow);
    this.#alive = false;
    if (!this.#closed) this.#socket.ping();
    if (this.#parts.now() >= this.#renewIceAt) this.#send({ type: 'ice', iceServers: this.#iceServers() });
  }

  tellPresence(peer: string, present: boolean): void {
    this.#send({ type: 'presence', fingerprint: fromHex(peer)!, present });
  }

  /** Something waits for whoever this is. Said once, until they ask for it: they are told no more than they can hear. */
  tellMail(): void {
    if (!this.#toldOfMail) this.#send({ type: 'mail' });
    this.#toldOfMail = true;
  }

  /** The inviter has accepted this visitor, who is now a guest. */
  admit(): void {
    if (this.#login?.party.role !== 'visitor') return;
    this.#login = { ...this.#login, party: { ...this.#login.party, role: 'guest', invites: [] } };
    this.#send({ type: 'admitted', role: 'guest', mayInvite: this.#parts.access.mayInvite('guest') });
  }

  #iceServers(): IceServer[] {
    const { servers, renewAt } = this.#parts.iceServers();
    this.#renewIceAt = renewAt;
    return [...servers];
  }

  /** Sends a message; a client that lets too much pile up is cut off. */
  #send(message: ServerMessage | RelayedSignal): void {
    if (this.#closed) return;
    this.#socket.send(encodeMessage(message));
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.close(CloseCode.tooSlow);
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    this.#queue.length = 0;
    void this.#parts.points.forget(this.#id);
    if (this.#login) this.#parts.presence.leave(toHex(this.#login.party.fingerprint), this);
  }

  /**
   * Takes what a frame of this size costs, of the connection and of its address, and closes the connection if either has
   * too little left.
   * @returns whether the connection is still open.
   */
  async #pay(size: number): Promise<boolean> {
    if (this.#closed) {
      // It is told to go and goes on talking: what else it says is not even read.
      this.#socket.pause();
      return false;
    }
    const cost = 1 + Math.floor(size / BYTES_PER_POINT);
    const { points, addressPoints } = this.#parts;
    const paid = await Promise.all([points.take(this.#id, cost), addressPoints.take(this.#address, cost)]);
    if (!paid.every(Boolean)) this.close(CloseCode.tooMany);
    return !this.#closed;
  }

  /** Queues a text; reading stops while too many wait, so that the queue is bounded by the sender's own pace. */
  #enqueue(text: Buffer | undefined): void {
    if (this.#closed) return this.#socket.pause();
    if (text === undefined) return this.close(CloseCode.badMessage);
    const mayBeLarge = this.#login !== undefined && this.#parts.answerStorage !== undefined;
    if (text.length > MAX_MESSAGE_BYTES && !mayBeLarge) return this.close(CloseCode.tooBig);
    this.#queue.push(text);
    if (this.#queue.length >= MAX_QUEUED_MESSAGES) this.#socket.pause();
    if (!this.#working) void this.#work();
  }

  /**
   * Handles what is queued, one message after the other: verifying takes time, and order must hold. Between any two,
   * every other connection has its turn.
   */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let data = this.#queue.shift(); data !== undefined; data = this.#queue.shift()) {
        await this.#receive(data);
        await setImmediate();
      }
    } catch (error) {
      // While stopping, the database may close under a message in work; that is no news.
      if (!this.#closed) this.#parts.log.error({ connection: this.#id, error: (error as Error).message }, 'failed');
      this.close(CloseCode.serverError);
    } finally {
      this.#working = false;
      this.#socket.resume();
    }
  }

  async #receive(data: Buffer): Promise<void> {
    if (!(await this.#pay(data.length))) return;
    const text = data.toString();
    if (!this.#login) return this.#receiveLogin(text);
    if (data.length > MAX_MESSAGE_BYTES && !decodeMessage(LargeMessage, text)) return this.close(CloseCode.tooBig);
    const message = decodeMessage(ClientMessage, text);
    if (!message || message.type === 'login') return this.close(CloseCode.badMessage);
    await this.#dispatch(message, this.#login);
  }

  async #receiveLogin(text: string): Promise<void> {
    const result = await judgeLogin(text, this.#nonce, this.#address, this.#parts);
    if (this.#closed) return;
    if (typeof result === 'number') return this.close(result);
    clearTimeout(this.#deadline);
    this.#login = result;
    const { fingerprint, role } = result.party;
    this.#send({
      type: 'welcome',
      role,
      mayInvite: this.#parts.access.mayInvite(role),
      iceServers: this.#iceServers(),
      mailbox: this.#parts.answerStorage !== undefined,
    });
    this.#parts.log.debug({ connection: this.#id, who: toHex(fingerprint).slice(0, 8), role }, 'logged in');
    this.#parts.presence.arrive(toHex(fingerprint), this);
  }

  async #dispatch(message: Exclude<ClientMessage, ClientMessageOf<'login'>>, login: Login): Promise<void> {
    const { party } = login;
    switch (message.type) {
      case 'watch':
        return this.#watch(message, party);
      case 'unwatch':
        return this.#parts.presence.unwatch(toHex(party.fingerprint), message.peers.map(toHex));
      case 'signal':
        return this.#relay(message, party);
      case 'publish':
      case 'stock':
      case 'prekeys':
      case 'deposit':
      case 'collect':
      case 'taken':
      case 'senders':
      case 'backup':
        return this.#send(await this.#answerStorage(message, login));
      default:
        return this.#send(await answerRequest(message, login, this.#parts));
    }
  }

  async #answerStorage(request: StorageRequest, login: Login): Promise<Answer> {
    // Before it is looked up: of what comes in the meantime they are told again.
    if (request.type === 'collect') this.#toldOfMail = false;
    return this.#parts.answerStorage?.(request, login) ?? outcome(request, 'not-allowed');
  }

  /** A visitor's wish to watch anyone but an inviter is answered as if they were absent, and forgotten. */
  #watch({ peers }: ClientMessageOf<'watch'>, party: Party): void {
    const requests = [];
    for (const { fingerprint, ticket } of peers) {
      if (this.#parts.access.mayReach(party, fingerprint)) {
        const invite = ticket && toHex(inviteIdOf(ticket));
        requests.push({ peer: toHex(fingerprint), invite });
      } else {
        this.tellPresence(toHex(fingerprint), false);
      }
    }
    if (!this.#parts.presence.watch(toHex(party.fingerprint), requests)) this.close(CloseCode.tooMany);
  }

  /** The sender hears nothing either way: whether someone is here is told to those who may watch them, only. */
  #relay({ to, payload }: ClientMessageOf<'signal'>, party: Party): void {
    const recipient = this.#parts.presence.reach(toHex(party.fingerprint), toHex(to));
    if (!recipient?.party || !this.#parts.access.maySignal(party, recipient.party)) return;
    if (recipient.#socket.bufferedAmount > MAX_BUFFERED_FOR_SIGNALS) return;
    recipient.#send({ type: 'signal', from: party.fingerprint, payload });
  }
}

/** A close code's name, for the log, if it is one of ours. */
function reasonOf(code: number): string | undefined {
  return Object.entries(CloseCode).find(([, value]) => value === code)?.[0];
}
