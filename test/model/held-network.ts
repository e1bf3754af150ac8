/** Links within one process on which nothing arrives before it is chosen to: frames, that a link is open, that it is gone. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { LinkError } from '../../app/core/base/errors.ts';
import { Listeners } from '../../app/core/base/listeners.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { decodeFrame } from '../../app/core/transport/frames.ts';
import { Inbox } from '../../app/core/transport/inbox.ts';
import type { Link, LinkOptions, LinkSignal, OpenLink } from '../../app/core/transport/link.ts';
import type { Choice } from './schedules.ts';

interface Arrival {
  readonly what: string;
  readonly arrive: () => void;
}

/** A frame that was written, and by whom. */
export interface Carried {
  readonly from: string;
  readonly frame: Bytes;
}

const OPEN = 'an open channel';

class End implements Link {
  readonly owner: string;
  readonly opened: Promise<{ ours: Bytes; theirs: Bytes }>;
  readonly closed: Promise<void>;
  /** Of both ends of a link: that of the end that was there first. */
  link: number;
  isClosed = false;
  arriving: Arrival[] = [];
  readonly #network: HeldNetwork;
  readonly #number: number;
  readonly #certificate = randomBytes(32);
  readonly #inbox = new Inbox();
  readonly #onsignal: (signal: LinkSignal) => void;
  #taken = false;
  /** Whose offer or answer this end was given. */
  #described: End | undefined;
  #peer: End | undefined;
  #open: () => void = () => undefined;
  #close: () => void = () => undefined;

  constructor(network: HeldNetwork, owner: string, number: number, onsignal: (signal: LinkSignal) => void) {
    this.#network = network;
    this.owner = owner;
    this.#number = this.link = number;
    this.#onsignal = onsignal;
    this.closed = new Promise((resolve) => (this.#close = resolve));
    this.opened = new Promise((resolve, reject) => {
      this.#open = () => resolve({ ours: this.#certificate, theirs: this.#peer!.#certificate });
      void this.closed.then(() => reject(new LinkError('closed')));
    });
    this.opened.catch(() => undefined);
  }

  offer(): void {
    this.#onsignal({ type: 'offer', text: String(this.#number) });
  }

  signal({ type, text }: LinkSignal): void {
    if (this.isClosed) return;
    const other = this.#network.ends.find((end) => end.#number === Number(text));
    // A link is described once, and there are no candidates here.
    if (type === 'candidate' || this.#described || !other) return this.close();
    if (type === 'offer' ? other.#taken : other.#described !== this) return this.close();
    this.#described = other;
    if (type === 'offer') {
      other.#taken = true;
      this.link = other.link;
      this.#onsignal({ type: 'answer', text: String(this.#number) });
    } else {
      this.join(other);
    }
  }

  /** Both ends open, each when it hears so. It makes no difference whether the other has given up before or gives up now. */
  join(other: End): void {
    [this.#peer, other.#peer] = [other, this];
    for (const end of [this, other]) end.#comes(OPEN, () => end.#open());
    if (other.isClosed) this.loses();
  }

  get isJoined(): boolean {
    return this.#peer !== undefined && !this.isClosed;
  }

  read = () => this.#inbox.read();
  path = () => Promise.resolve(undefined);
  readonly silent = new Listeners();

  async write(frame: Bytes): Promise<void> {
    const peer = this.#peer;
    if (this.isClosed || !peer) throw new LinkError('closed');
    this.#network.carried.push({ from: this.owner, frame });
    const arrived = new Promise<void>((resolve) => {
      peer.#comes(decodeFrame(frame)?.kind ?? 'garbage', () => {
        resolve();
        if (!peer.#inbox.push(frame)) peer.close();
      });
    });
    if (!this.#network.isNarrow) return;
    await Promise.race([arrived, this.closed]);
    if (this.isClosed) throw new LinkError('closed');
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.arriving = [];
    this.#inbox.close();
    this.#close();
    this.#peer?.loses();
  }

  /** Nothing more is to come but the end; what is still on its way comes first. */
  loses(): void {
    this.#comes('the end', () => this.close());
  }

  #comes(what: string, arrive: () => void): void {
    if (!this.isClosed) this.arriving.push({ what, arrive });
  }
}

export class HeldNetwork {
  /** Every frame that was written. */
  readonly carried: Carried[] = [];
  readonly ends: End[] = [];
  /** Whether a link has room for no more than one frame: a write then waits until its frame has arrived. */
  readonly isNarrow: boolean;

  constructor(isNarrow = false) {
    this.isNarrow = isNarrow;
  }

  /** How someone opens links. */
  openLink(owner: string): OpenLink {
    return ({ initiator, onsignal }) => {
      const end = this.#end(owner, onsignal);
      if (initiator) queueMicrotask(() => end.offer());
      return end;
    };
  }

  /** A link between two that nobody had to dial for, open from the start. */
  link(one: string, other: string): [Link, Link] {
    const ends = [one, other].map((owner) => this.#end(owner, () => undefined)) as [End, End];
    ends[1].link = ends[0].link;
    ends[0].join(ends[1]);
    for (const end of ends) end.arriving.shift()!.arrive();
    return ends;
  }

  /** What may arrive next, at each end of each link. */
  arrivals(): Choice[] {
    return this.ends.flatMap((end) => {
      const [next] = end.arriving;
      if (!next) return [];
      const run = () => {
        end.arriving.shift();
        next.arrive();
      };
      return [{ name: `${end.owner} gets ${next.what} on link ${end.link}`, at: [end.owner], run }];
    });
  }

  /** A channel may never open at one of its ends. */
  losses(): Choice[] {
    const opening = this.ends.filter(({ arriving }) => arriving[0]?.what === OPEN);
    return opening.map((end) => {
      const run = () => void end.arriving.shift();
      return { name: `link ${end.link} never opens for ${end.owner}`, at: [end.owner], run };
    });
  }

  /** Each link may break, with what is on its way on it; each end hears so when it does. */
  breaks(): Choice[] {
    const links = new Set(this.ends.filter((end) => end.isJoined).map(({ link }) => link));
    return [...links].map((link) => {
      const ends = this.ends.filter((end) => end.isJoined && end.link === link);
      const run = () => {
        for (const end of ends) {
          end.arriving = [];
          end.loses();
        }
      };
      return { name: `link ${link} breaks`, at: ends.map(({ owner }) => owner), run };
    });
  }

  /** Whatever someone has open ends, as when their device dies. */
  leave(owner: string): void {
    for (const end of this.ends) if (end.owner === owner) end.close();
  }

  #end(owner: string, onsignal: LinkOptions['onsignal']): End {
    const end = new End(this, owner, this.ends.length + 1, onsignal);
    this.ends.push(end);
    return end;
  }
}
