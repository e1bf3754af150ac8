/** A server that keeps what is left for people who are away, and does with it what it likes: between a chat and the real one. */
import { expect } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import {
  ClientMessage,
  decodeMessage,
  encodeMessage,
  ServerMessage,
  type Answer,
  type ClientMessageOf,
  type Request,
  type ServerMessageOf,
} from '../../signal/wire/messages.ts';

/** How long to wait for what must come. */
export const PATIENCE = { timeout: 8_000 };

type Heard = (message: ClientMessage) => ClientMessage | undefined;
type Said = (message: ServerMessage) => readonly ServerMessage[];

/** What it does: with what a chat says, and with what it is told. By itself, nothing. */
export class MailboxLiar {
  /** Everything that chats have said. */
  readonly heard: ClientMessage[] = [];
  /** What it was asked, and has answered, in the order of the answers. */
  readonly answered: { readonly asked: Request['type']; readonly answer: Answer }[] = [];
  /** What of a chat's message reaches the real server; nothing, if it is undefined. */
  hear: Heard = (message) => message;
  /** What a chat is told in the place of what the real server says. */
  say: Said = (message) => [message];

  /** Stands on each socket of a chat. */
  readonly onsocket = (socket: NodeWebSocket): void => {
    const asked = new Map<number, Request['type']>();
    const send = socket.send.bind(socket) as (text: string) => void;
    const overheard = (text: string) => {
      const message = decodeMessage(ClientMessage, text)!;
      this.heard.push(message);
      if ('ref' in message) asked.set(message.ref, message.type);
      const passed = this.hear(message);
      if (passed) send(encodeMessage(passed));
    };
    socket.send = overheard as typeof socket.send;
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...what: unknown[]) => boolean;
    socket.emit = (event: string | symbol, ...what: unknown[]) => {
      const message = event === 'message' ? decodeMessage(ServerMessage, (what[0] as Buffer).toString()) : undefined;
      if (!message) return emit(event, ...what);
      for (const told of this.say(message)) {
        if ('ref' in told) this.answered.push({ asked: asked.get(told.ref)!, answer: told });
        emit('message', Buffer.from(encodeMessage(told)), false);
      }
      return true;
    };
  };

  /** How often chats have asked or told this. */
  count(type: ClientMessage['type']): number {
    return this.heard.filter((message) => message.type === type).length;
  }

  /** Waits until so many requests of a kind have been answered. */
  async hasAnswered(type: Request['type'], times = 1): Promise<void> {
    await expect
      .poll(() => this.answered.filter(({ asked }) => asked === type).length, PATIENCE)
      .toBeGreaterThanOrEqual(times);
  }

  /** Waits until all that was there has been collected, and taken as far as it was. */
  async hasGivenAll(): Promise<void> {
    await expect.poll(() => this.#gaveAll(), PATIENCE).toBe(true);
  }

  #gaveAll(): boolean {
    const index = this.answered.findLastIndex(({ asked }) => asked === 'collect');
    const answer = this.answered[index]?.answer;
    if (answer?.type !== 'parcels' || answer.more) return false;
    const taken = this.answered.slice(index).some(({ asked }) => asked === 'taken');
    return answer.parcels.length === 0 || taken;
  }

  /** Changes one kind of what is said, and leaves the rest. */
  lie<Type extends ServerMessage['type']>(
    type: Type,
    change: (message: ServerMessageOf<Type>) => readonly ServerMessage[],
  ): void {
    this.say = (message) => (message.type === type ? change(message as ServerMessageOf<Type>) : [message]);
  }

  /** Takes one kind of what a chat says for itself. */
  swallow<Type extends ClientMessage['type']>(type: Type, whether: (message: ClientMessageOf<Type>) => boolean): void {
    this.hear = (message) => (message.type === type && whether(message as ClientMessageOf<Type>) ? undefined : message);
  }
}
