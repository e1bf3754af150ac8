/**
 * Our end of the signal server's protocol (`signal/PROTOCOL.md`): one WebSocket that signs in, asks and is told things,
 * and comes back by itself when it is lost.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { CloseCode } from '../../../signal/wire/close-codes.ts';
import { FINGERPRINT_BYTES, WIRE_VERSION } from '../../../signal/wire/limits.ts';
import {
  decodeMessage,
  encodeMessage,
  ServerMessage,
  type Answer,
  type ClientMessage,
  type ClientMessageOf,
  type IceServer,
  type Request,
  type Role,
} from '../../../signal/wire/messages.ts';
import { Refused, Unreachable } from '../base/errors.ts';
import { spread } from '../base/spread.ts';
import { Backoff } from './backoff.ts';

/** After so long without an answer to a request, the connection is taken for lost. */
const REQUEST_TIMEOUT = 10_000;
/** The same of a sign of life, on a connection that carried others before. */
const SIGN_TIMEOUT = 5_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 30_000;
/** After so long without a word the server is asked for one, half as long again by chance. */
const QUIET = 60_000;
/**
 * Those who lose a server at once come back each at a moment of its own, within so long more: if it said that it stops, and
 * if it was lost without a word, which may be our network alone.
 */
const STOPPED_SPREAD = 10_000;
const LOST_SPREAD = 4_000;
/** What a socket that was lost without a word is said to have closed with. */
const SILENCE = 1006;

type Login = Omit<ClientMessageOf<'login'>, 'type' | 'version'>;
/** Each request of the protocol, without the number that this client gives it. */
type Unnumbered<R> = R extends unknown ? Omit<R, 'ref'> : never;

/**
 * `connecting`: not signed in, and trying. `connected`: signed in. The others have given up until `connect` is called:
 * `denied` wants a token, `replaced` left the place to a newer connection, `outdated` speaks another version,
 * `rejected` was not accepted as who it says it is.
 */
export type SignalState = 'connecting' | 'connected' | 'denied' | 'replaced' | 'outdated' | 'rejected';

const FINAL: Partial<Record<number, SignalState>> = {
  [CloseCode.accessDenied]: 'denied',
  [CloseCode.replaced]: 'replaced',
  [CloseCode.badVersion]: 'outdated',
  [CloseCode.badLogin]: 'rejected',
};

export interface SignalClientParts {
  /** Opens a WebSocket to the server's `/signal`. */
  readonly openSocket: () => WebSocket;
  /** Signs the server's nonce; called anew for each connection. */
  readonly login: (nonce: Bytes) => Promise<Login>;
  readonly onstate: (state: SignalState) => void;
  readonly onpresence: (fingerprint: Bytes, present: boolean) => void;
  readonly onsignal: (from: Bytes, payload: Bytes) => void;
  /** Something has been left for us. */
  readonly onmail: () => void;
}

export class SignalClient {
  readonly #parts: SignalClientParts;
  readonly #backoff = new Backoff(FIRST_RETRY, LONGEST_RETRY);
  readonly #pending = new Map<number, (answer: Answer | undefined) => void>();
  #state: SignalState = 'connecting';
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #checking = false;
  #nextRef = 1;
  #welcomed: () => void = () => undefined;
  #role: Role | undefined;
  #mayInvite: boolean | undefined;
  #iceServers: readonly IceServer[] = [];
  #mailbox = false;

  constructor(parts: SignalClientParts) {
    this.#parts = parts;
  }

  get state(): SignalState {
    return this.#state;
  }

  get role(): Role | undefined {
    return this.#role;
  }

  /** Whether the server lets us invite others; `undefined` before the first welcome. */
  get mayInvite(): boolean | undefined {
    return this.#mayInvite;
  }

  /** Whether the server keeps parcels and backups. */
  get mailbox(): boolean {
    return this.#mailbox;
  }

  get iceServers(): readonly IceServer[] {
    return this.#iceServers;
  }

  /** Connects now, with a fresh login, whatever went before. */
  connect(): void {
    clearTimeout(this.#retry);
    this.#drop();
    const socket = this.#parts.openSocket();
    this.#socket = socket;
    this.#enter('connecting');
    const ifCurrent =
      <E>(handle: (event: E) => void) =>
      (event: E) => {
        if (this.#socket === socket) handle(event);
      };
    socket.addEventListener(
      'message',
      ifCurrent((event) => void this.#receive(event.data)),
    );
    socket.addEventListener(
      'close',
      ifCurrent((event) => this.#lost(event.code)),
    );
    this.#expectSoon(new Promise<void>((resolve) => (this.#welcomed = resolve)), REQUEST_TIMEOUT);
  }

  /**
   * The network is back, or the page is looked at again: tries again at once if a connection is being waited for, and
   * asks for a sign of life if there seems to be one. After a sleep it may be long dead without anybody having said so.
   */
  hurry(): void {
    if (this.#state === 'connecting' && !this.#socket) {
      this.#backoff.reset();
      this.connect();
    } else if (this.#state === 'connected') {
      this.check();
    }
  }

  /** Asks for a sign of life, if there seems to be a connection; without an answer it is made anew. */
  check(): void {
    // Without a socket we have left, and nobody may call us back.
    if (this.#state !== 'connected' || !this.#socket || this.#checking) return;
    this.#checking = true;
    const answer = this.request({ type: 'lookup', fingerprint: new Uint8Array(FINGERPRINT_BYTES) });
    this.#expectSoon(answer, SIGN_TIMEOUT);
    const done = () => (this.#checking = false);
    answer.then(done, done);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** Sends something that has no answer. It is dropped if we are not signed in: nothing here is relied upon. */
  send(message: Exclude<ClientMessage, Request>): void {
    const socket = this.#socket;
    // A page that slept may not have heard yet that its socket is closing.
    if (this.#state === 'connected' && socket?.readyState === socket?.OPEN) socket?.send(encodeMessage(message));
  }

  /** Asks, and waits for the answer. @throws Unreachable, Refused */
  async request(request: Unnumbered<Request>): Promise<Answer> {
    const socket = this.#socket;
    if (this.#state !== 'connected' || socket?.readyState !== socket?.OPEN || !socket) throw new Unreachable();
    const ref = this.#nextRef++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#pending.set(ref, resolve);
      timer = setTimeout(() => resolve(undefined), REQUEST_TIMEOUT);
      socket.send(encodeMessage({ ...request, ref }));
    });
    clearTimeout(timer);
    this.#pending.delete(ref);
    if (!answer) throw new Unreachable();
    if (answer.type === 'refused') throw new Refused(answer.code);
    return answer;
  }

  #enter(state: SignalState): void {
    this.#state = state;
    this.#parts.onstate(state);
  }

  async #receive(data: unknown): Promise<void> {
    const message = typeof data === 'string' ? decodeMessage(ServerMessage, data) : undefined;
    if (!message) {
      // Not the protocol: this server, or whoever stands in front of it, is not to be talked to for now.
      this.#lost(CloseCode.badMessage);
      return;
    }
    this.#listenOn();
    switch (message.type) {
      case 'challenge':
        await this.#signIn(message.version, message.nonce);
        break;
      case 'welcome':
        this.#role = message.role;
        this.#mayInvite = message.mayInvite;
        this.#iceServers = message.iceServers;
        this.#mailbox = message.mailbox;
        this.#backoff.reset();
        this.#welcomed();
        this.#enter('connected');
        break;
      case 'ice':
        this.#iceServers = message.iceServers;
        break;
      case 'mail':
        this.#parts.onmail();
        break;
      case 'admitted':
        this.#role = message.role;
        this.#mayInvite = message.mayInvite;
        this.#enter(this.#state);
        break;
      case 'presence':
        this.#parts.onpresence(message.fingerprint, message.present);
        break;
      case 'signal':
        this.#parts.onsignal(message.from, message.payload);
        break;
      default:
        this.#pending.get(message.ref)?.(message);
    }
  }

  async #signIn(version: number, nonce: Bytes): Promise<void> {
    const socket = this.#socket;
    if (version !== WIRE_VERSION) return this.#lost(CloseCode.badVersion);
    const login = await this.#parts.login(nonce);
    if (socket?.readyState === socket?.OPEN) {
      socket?.send(encodeMessage({ type: 'login', version: WIRE_VERSION, ...login }));
    }
  }

  /** The server has just been heard, and is asked for a word when it has been silent for long. */
  #listenOn(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.check(), spread(QUIET));
  }

  /** Takes the connection for dead unless this happens on it within `timeout` milliseconds. */
  #expectSoon(sign: Promise<unknown>, timeout: number): void {
    const socket = this.#socket;
    const timer = setTimeout(() => this.#socket === socket && this.#lost(SILENCE), timeout);
    const alive = () => clearTimeout(timer);
    // A refusal is a sign of life, too.
    sign.then(alive, (error: unknown) => error instanceof Refused && alive());
  }

  #lost(code: number): void {
    this.#drop();
    const final = FINAL[code];
    if (!final) this.#retry = setTimeout(() => this.connect(), this.#waitAfter(code));
    this.#enter(final ?? 'connecting');
  }

  #waitAfter(code: number): number {
    if (code === CloseCode.tooMany) return spread(LONGEST_RETRY);
    const wait = this.#backoff.next();
    // Who was not let in yet waits longer each time, and so is spread out already.
    if (this.#state !== 'connected') return wait;
    return wait + Math.random() * (code === CloseCode.goingAway ? STOPPED_SPREAD : LOST_SPREAD);
  }

  #drop(): void {
    clearTimeout(this.#quiet);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    for (const resolve of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }
}
