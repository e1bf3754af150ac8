/**
 * A peer who has come in honestly and then keeps to nothing: it holds its end of an open link, can make every frame that a
 * peer can make, sound ones included, and sends them in whatever order it likes.
 */
import { vi } from 'vitest';
import { toHex, type Bytes } from '../../signal/wire/bytes.ts';
import type { ConversationLink } from '../../app/core/chat/conversation-link.ts';
import type { Established } from '../../app/core/chat/dial.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { encodeBatch } from '../../app/core/log/batch.ts';
import {
  accept,
  answer,
  complete,
  initiate,
  type Answered,
  type HandshakeContext,
  type Initiated,
} from '../../app/core/session/handshake.ts';
import { decodeM1 } from '../../app/core/session/handshake-messages.ts';
import type { Session } from '../../app/core/session/session.ts';
import { decodeFrame, encodeFrame, type Frame, type FrameKind } from '../../app/core/transport/frames.ts';
import { fresh, talkOf, wrote } from './conversations.ts';
import { openBy, sealBy, type Side } from './handshakes.ts';

export class HostilePeer {
  /** What the other side has written since the hostility began. */
  readonly heard: Frame[] = [];
  /** Its sessions, the oldest first. */
  readonly sides: Side[];
  /** Every frame that it has sent, and those of the first handshake. */
  readonly sent: Bytes[];
  readonly #us: Identity;
  readonly #established: Established;
  readonly #context: HandshakeContext;
  #initiated: Initiated | undefined;
  #answered: Answered | undefined;

  private constructor(us: Identity, established: Established, context: HandshakeContext, carried: readonly Bytes[]) {
    this.#us = us;
    this.#established = established;
    this.#context = context;
    this.sent = [...carried];
    this.sides = [this.#side(established.session)];
    void this.#listen();
  }

  /** @param carried - the frames of the first handshake */
  static async from(us: Identity, established: Established, carried: readonly Bytes[]): Promise<HostilePeer> {
    const { link, peer, role } = established;
    const { ours, theirs } = await link.opened;
    const [initiator, responder] = role === 'initiator' ? [ours, theirs] : [theirs, ours];
    const { dialId } = decodeM1(decodeFrame(carried[0]!)!.payload)!;
    const context = {
      us,
      them: peer.card.fingerprint,
      dialId,
      mode: { mode: 'pinned' },
      psk: undefined,
      binding: { initiator, responder },
      now: Date.now(),
    } as const;
    return new HostilePeer(us, established, context, carried);
  }

  /** What a handshake goes by that follows its newest session. */
  get #following(): HandshakeContext {
    return { ...this.#context, psk: this.sides.at(-1)!.session.renewalKey };
  }

  /** Sends a frame; a closed link is no matter. */
  async send(frame: Bytes): Promise<void> {
    this.sent.push(frame);
    await this.#established.link.write(frame).catch(() => undefined);
  }

  sendAs(kind: FrameKind, payload: Bytes): Promise<void> {
    return this.send(encodeFrame(kind, payload));
  }

  /** Says something in its n-th session. */
  async speak(index: number, ...texts: string[]): Promise<void> {
    const talk = await talkOf(this.#us.card.fingerprint, this.#context.them);
    const { messages } = await wrote(fresh(), talk, ...texts);
    const { side, envelope } = await sealBy(this.sides[index]!, encodeBatch({ messages, acknowledgements: [] }));
    this.sides[index] = side;
    await this.sendAs('envelope', envelope);
  }

  /** Begins a handshake. */
  async sendM1(): Promise<void> {
    this.#initiated = await initiate(this.#following);
    await this.sendAs('m1', this.#initiated.m1);
  }

  /** Answers the newest M1 that it has heard. */
  async sendM2(): Promise<void> {
    this.#answered = (await answer(this.#following, this.#newest('m1')))!;
    await this.sendAs('m2', this.#answered.m2);
  }

  /** Ends its newest handshake, as the answer that it has heard allows. */
  async sendM3(): Promise<void> {
    const { m3, session } = (await complete(this.#following, this.#initiated!, this.#newest('m2')))!;
    this.sides.push(this.#side(session));
    await this.sendAs('m3', m3);
  }

  /** Takes the newest M3 that it has heard, and speaks first in the session it made. */
  async sendFinished(...texts: string[]): Promise<void> {
    const { session } = (await accept(this.#following, this.#answered!, this.#newest('m3')))!;
    this.sides.push(this.#side(session));
    await this.speak(this.sides.length - 1, ...texts);
  }

  /** Opens what it has heard last in its newest session. */
  async open(): Promise<void> {
    const opened = await openBy(this.sides.at(-1)!, this.#newest('envelope'));
    this.sides[this.sides.length - 1] = opened!.side;
  }

  #newest(kind: FrameKind): Bytes {
    return this.heard.findLast((frame) => frame.kind === kind)!.payload;
  }

  #side(session: Session): Side {
    return { session, parties: { us: this.#us, them: this.#established.peer.card } };
  }

  async #listen(): Promise<void> {
    const { link } = this.#established;
    for (let bytes = await link.read(); bytes; bytes = await link.read()) this.heard.push(decodeFrame(bytes)!);
  }
}

/** Reads a real end of a link, for as long as it lasts. */
export function listenTo(link: ConversationLink) {
  const texts: string[] = [];
  let isClosed = false;
  void link.closed.then(() => (isClosed = true));
  const listen = async () => {
    for (let batch = await link.receive(); batch; batch = await link.receive()) {
      texts.push(...batch.messages.map(({ content }) => content.text));
    }
  };
  return { texts, listening: listen().catch(() => undefined), closed: () => isClosed };
}

/** Watches which keys wrap and unwrap the keys of envelopes, on all sides. */
export function watchKeys(): { readonly wrapped: string[]; readonly unwrapped: string[]; readonly clear: () => void } {
  const [wrapped, unwrapped] = [[] as string[], [] as string[]];
  const original = crypto.subtle.importKey.bind(crypto.subtle) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]) => {
    const [, key, algorithm, , uses] = args;
    if (algorithm === 'AES-KW') {
      ((uses as string[]).includes('wrapKey') ? wrapped : unwrapped).push(toHex(key as Bytes));
    }
    return original(...args);
  };
  vi.spyOn(crypto.subtle, 'importKey').mockImplementation(watched as typeof crypto.subtle.importKey);
  return {
    wrapped,
    unwrapped,
    clear: () => {
      wrapped.length = 0;
      unwrapped.length = 0;
    },
  };
}
