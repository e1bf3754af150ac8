/** One person of Ann's, over links whose every move the test makes. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { LinkError } from '../../app/core/base/errors.ts';
import { Listeners } from '../../app/core/base/listeners.ts';
import { Peer } from '../../app/core/chat/peer.ts';
import { decodeBatch, encodeBatch, type Batch } from '../../app/core/log/batch.ts';
import { conversationOf } from '../../app/core/log/entry.ts';
import { Log } from '../../app/core/log/log.ts';
import { decodeFrame, encodeFrame } from '../../app/core/transport/frames.ts';
import { Inbox } from '../../app/core/transport/inbox.ts';
import type { Link } from '../../app/core/transport/link.ts';
import { fresh, wrote } from './conversations.ts';
import { inSession, openBy, sealBy, type Side } from './handshakes.ts';
import { identityOf } from './identities.ts';
import { memoryStore } from './memory-store.ts';

/** A link of Ann's, at whose other end the test sits with Bob's session. */
export class HeldLink implements Link {
  readonly opened = Promise.resolve({ ours: new Uint8Array(32), theirs: new Uint8Array(32) });
  readonly closed: Promise<void>;
  /** While true, writes wait for room that only comes when the link closes. */
  full = false;
  readonly written: Bytes[] = [];
  waiting = 0;
  /** Frames that nobody has read. */
  unread = 0;
  #inbox = new Inbox();
  #close: () => void = () => undefined;
  #bob: Side;

  constructor(bob: Side) {
    this.#bob = bob;
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  signal = () => undefined;
  async read(): Promise<Bytes | undefined> {
    const frame = await this.#inbox.read();
    this.unread--;
    return frame;
  }
  path = () => Promise.resolve(undefined);
  readonly silent = new Listeners();

  async write(frame: Bytes): Promise<void> {
    if (this.full) {
      this.waiting++;
      await this.closed;
      throw new LinkError('closed');
    }
    this.written.push(frame);
  }

  close(): void {
    this.#inbox.close();
    this.#close();
  }

  /** What Bob opens of what was written, in order. */
  async opens(): Promise<Batch[]> {
    const batches: Batch[] = [];
    for (const frame of this.written.splice(0)) {
      const opened = await openBy(this.#bob, decodeFrame(frame)!.payload);
      this.#bob = opened!.side;
      batches.push((await decodeBatch(opened!.body))!);
    }
    return batches;
  }

  /** The kinds of the frames that were written. */
  kinds(): (string | undefined)[] {
    return this.written.map((frame) => decodeFrame(frame)?.kind);
  }

  /** Any frame comes from the other end. */
  hands(frame: Bytes): void {
    this.unread++;
    this.#inbox.push(frame);
  }

  /** Bob says something. */
  async says(batch: Batch): Promise<void> {
    const sealed = await sealBy(this.#bob, encodeBatch(batch));
    this.#bob = sealed.side;
    this.hands(encodeFrame('envelope', sealed.envelope));
  }
}

/** Ann's side of her conversation with Bob, and links for it. */
export async function setUp(store = memoryStore(), tellsRead = () => true) {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const [us, them] = [ann.card.fingerprint, bob.card.fingerprint];
  const conversation = { id: await conversationOf(us, them), us, them };
  const log = await Log.open(store, 'bob', conversation);
  const heard: string[] = [];
  const peer = await Peer.open({
    log,
    now: Date.now,
    tellsRead,
    onmissing: () => heard.push('missing'),
    onproven: () => heard.push('proven'),
    onbroken: () => heard.push('broken'),
    onlost: () => heard.push('lost'),
    onchange: () => undefined,
  });
  const link = async () => {
    const [anns, bobs] = await inSession('Ann', 'Bob');
    const held = new HeldLink(bobs);
    return {
      held,
      adopt: () =>
        peer.adopt({
          link: held,
          role: 'initiator',
          renew: () => Promise.reject(new LinkError('closed')),
          us: ann,
          session: anns.session,
          peer: { card: bob.card, name: 'Bob' },
        }),
    };
  };
  /** What Bob writes to Ann, from the first of his messages. */
  const bobs = async (...texts: string[]) =>
    (await wrote(fresh(), { id: conversation.id, us: them, them: us }, ...texts)).messages;
  return { peer, link, heard, bobs };
}

/** Lets everything that was begun without a timer come to its end. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until something is so, without any timer: `expect.poll` would move a clock that stands still. */
export async function reached(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export const texts = (batches: readonly Batch[]) =>
  batches.flatMap(({ messages }) => messages.map(({ content }) => content.text));
/** The state of a message of the newest chain. */
export const state = (peer: Peer, seq: number) => peer.stateOf({ entry: { chain: peer.log.state.ours.chain, seq } });
export const say = (text: string) => ({ kind: 'text', text }) as const;
