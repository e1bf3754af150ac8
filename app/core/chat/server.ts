/** What we ask of our server, and tell it: signing in, cards, invites, whom we watch. */
import { equal, toBase64Url, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { isCurrent, openCard, type Card } from '../../../signal/wire/card.ts';
import { signClaim, verifyClaim } from '../../../signal/wire/handle.ts';
import { ACCEPT_LABEL, LOGIN_LABEL, sign } from '../../../signal/wire/keys.ts';
import { MAX_TICKETS, MAX_WATCH_BATCH, MAX_WATCHED } from '../../../signal/wire/limits.ts';
import { isServerTrouble } from '../base/errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { InviteKeys } from '../identity/invite.ts';
import { SignalClient, type SignalState } from '../transport/signal-client.ts';
import type { IceServer, Role } from '../../../signal/wire/messages.ts';
import type { OwnInvite } from './invite-book.ts';
import { ParcelRequests } from './parcel-requests.ts';

export interface ServerParts {
  /** Ourselves as we are now: asked for at each login. */
  readonly identity: Identity;
  /** The server's origin; the login is signed for it alone. */
  readonly origin: string;
  readonly openSocket: () => WebSocket;
  /** The tickets of invites that we hold and that have not let us in yet. */
  readonly tickets: () => readonly Bytes[];
  readonly now: () => number;
  readonly onstate: (state: SignalState) => void;
  readonly onpresence: (fingerprint: Bytes, present: boolean) => void;
  readonly onsignal: (from: Bytes, payload: Bytes) => void;
  readonly onmail: () => void;
}

/** Someone to be told about; with an invite's ticket while they do not know us yet. */
export interface Watched {
  readonly fingerprint: Bytes;
  readonly ticket?: Bytes;
}

export class Server {
  /** What it keeps for people who are away, if it has a `mailbox`. */
  readonly parcels: ParcelRequests;
  readonly #parts: ServerParts;
  readonly #client: SignalClient;
  #token: string | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    const { openSocket, onstate, onpresence, onsignal, onmail } = parts;
    this.#client = new SignalClient({
      openSocket,
      onstate,
      onpresence,
      onsignal,
      onmail,
      login: (nonce) => this.#login(nonce),
    });
    this.parcels = new ParcelRequests(this.#client);
  }

  get state(): SignalState {
    return this.#client.state;
  }

  /** What the server takes us for; `undefined` before the first welcome. */
  get role(): Role | undefined {
    return this.#client.role;
  }

  get mayInvite(): boolean | undefined {
    return this.#client.mayInvite;
  }

  /** Whether our server keeps parcels and backups. */
  get mailbox(): boolean {
    return this.#client.mailbox;
  }

  /** Whether our server keeps backups; `undefined` while it cannot be asked. */
  get keepsBackups(): boolean | undefined {
    return this.state === 'connected' ? this.mailbox : undefined;
  }

  get iceServers(): readonly IceServer[] {
    return this.#client.iceServers;
  }

  /** @param token - a private server's, to become an owner. */
  connect(token?: string): void {
    this.#token = token ?? this.#token;
    this.#client.connect();
  }

  hurry(): void {
    this.#client.hurry();
  }

  /** Makes sure that the server still hears us, if it seems so. */
  check(): void {
    this.#client.check();
  }

  close(): void {
    this.#client.close();
  }

  sendSignal(to: Bytes, payload: Bytes): void {
    this.#client.send({ type: 'signal', to, payload: toBase64Url(payload) });
  }

  /** Asks to be told of people; of more than MAX_WATCHED, of the first. */
  watch(people: readonly Watched[]): void {
    const watched = people.slice(0, MAX_WATCHED);
    for (let i = 0; i < watched.length; i += MAX_WATCH_BATCH) {
      this.#client.send({ type: 'watch', peers: watched.slice(i, i + MAX_WATCH_BATCH) });
    }
  }

  /** Asks not to be told of somebody any more; they hear that we are away. */
  unwatch(fingerprint: Bytes): void {
    this.#client.send({ type: 'unwatch', peers: [fingerprint] });
  }

  /**
   * The card the directory has for a fingerprint; `another` if it gives somebody else's in its place, `undefined` if it
   * has none that is good, or cannot be asked.
   */
  async lookUp(fingerprint: Bytes): Promise<Card | 'another' | undefined> {
    try {
      const answer = await this.#client.request({ type: 'lookup', fingerprint });
      const card = answer.type === 'card' && answer.card ? await openCard(answer.card) : undefined;
      if (card && !equal(card.fingerprint, fingerprint)) return 'another';
      return card && isCurrent(card, this.#parts.now()) ? card : undefined;
    } catch (error) {
      if (isServerTrouble(error)) return undefined;
      throw error;
    }
  }

  /** Has the directory take our newest card at once, rather than at the next login. @throws Unreachable, Refused */
  async register(): Promise<void> {
    await this.#client.request({ type: 'register', card: this.#parts.identity.card.bytes });
  }

  /** Makes an invite known, or what is new of it. @throws Unreachable, Refused */
  async announce({ keys, invite, knock, note }: OwnInvite): Promise<void> {
    await this.#client.request({ type: 'invite', id: keys.id, expiry: invite.expiry, knock, note });
  }

  /** Takes an invite back. @throws Unreachable, Refused */
  async cancel({ id }: InviteKeys): Promise<void> {
    await this.#client.request({ type: 'cancel', id });
  }

  /** Has an invite's ticket lead to us no more, unnoticed. @throws Unreachable, Refused */
  async hide({ id }: InviteKeys): Promise<void> {
    await this.#client.request({ type: 'hide', id });
  }

  /** Gives our signed word that somebody came in by an invite. @throws Unreachable, Refused */
  async accept({ id }: InviteKeys, guest: Bytes): Promise<void> {
    const { card, signKey } = this.#parts.identity;
    const signature = await sign(signKey, ACCEPT_LABEL, [id, card.fingerprint, guest]);
    await this.#client.request({ type: 'accept', id, guest, signature });
  }

  /** Claims a handle for us, in the place of the one we have. @throws Unreachable, Refused */
  async claim(handle: string): Promise<void> {
    const { identity, origin, now } = this.#parts;
    const time = now();
    const fields = { origin, handle, fingerprint: identity.card.fingerprint, time };
    const signature = await signClaim(fields, identity.signKey);
    await this.#client.request({ type: 'claim', handle, time, signature });
  }

  /** Gives up a handle of ours. @throws Unreachable, Refused */
  async release(handle: string): Promise<void> {
    await this.#client.request({ type: 'release', handle });
  }

  /**
   * The card of whoever has claimed a handle: their own signature says so, not the server's word.
   * @returns `undefined` if nobody has; `forged` if what the server says does not verify. @throws Unreachable, Refused
   */
  async find(handle: string): Promise<Card | 'forged' | undefined> {
    const answer = await this.#client.request({ type: 'find', handle });
    if (answer.type !== 'handle') return 'forged';
    if (!answer.claim) return undefined;
    const { time, signature } = answer.claim;
    const card = await openCard(answer.claim.card);
    if (!card) return 'forged';
    const fields = { origin: this.#parts.origin, handle, fingerprint: card.fingerprint, time };
    return (await verifyClaim(fields, card.verifyKey, signature)) ? card : 'forged';
  }

  /** Makes a place for backups ours, in that of the one before. @param id - of the place. @throws Unreachable, Refused */
  async claimBackup(id: Bytes): Promise<void> {
    await this.#client.request({ type: 'backup', id });
  }

  async #login(nonce: Bytes) {
    const { identity, origin, tickets } = this.#parts;
    const { card, signKey } = identity;
    const signature = await sign(signKey, LOGIN_LABEL, [utf8(origin), nonce, card.fingerprint]);
    const token = this.#token === undefined ? {} : { token: this.#token };
    return { origin, card: card.bytes, signature, tickets: tickets().slice(0, MAX_TICKETS), ...token };
  }
}
