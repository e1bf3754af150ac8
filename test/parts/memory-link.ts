/** Links within one process: what one end writes the other reads. Certificates are made up, and bound as real ones are. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { LinkError } from '../../app/core/base/errors.ts';
import { Listeners } from '../../app/core/base/listeners.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { MAX_FRAME_BYTES } from '../../app/core/transport/frames.ts';
import { Inbox } from '../../app/core/transport/inbox.ts';
import type { Link, LinkSignal, OpenLink } from '../../app/core/transport/link.ts';

/** What happens to a frame on its way: it may be changed, multiplied or lost. */
export type Tamper = (frame: Bytes) => Bytes[];

interface End {
  readonly certificate: Bytes;
  readonly inbox: Inbox;
  /** Whether its offer has been taken up: nobody else can, as with a real one. */
  taken: boolean;
  readonly open: (theirs: Bytes) => void;
  readonly close: () => void;
}

/** One network: its links find each other by the numbers in their signals. */
export class MemoryNetwork {
  /** Every frame that was carried. */
  readonly carried: Bytes[] = [];
  tamper: Tamper = (frame) => [frame];
  readonly #ends = new Map<number, End>();
  #next = 1;

  /** How many ends of links were opened so far. */
  get opened(): number {
    return this.#next - 1;
  }

  readonly openLink: OpenLink = ({ initiator, onsignal }) => this.#open(initiator, onsignal);

  /** Cuts every link. */
  cut(): void {
    for (const end of this.#ends.values()) end.close();
  }

  #open(initiator: boolean, onsignal: (signal: LinkSignal) => void): Link {
    const number = this.#next++;
    const certificate = randomBytes(32);
    const inbox = new Inbox();
    let peer: End | undefined;
    let isClosed = false;
    let open: (theirs: Bytes) => void = () => undefined;
    let close: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    const opened = new Promise<{ ours: Bytes; theirs: Bytes }>((resolve, reject) => {
      open = (theirs) => resolve({ ours: certificate, theirs });
      void closed.then(() => reject(new LinkError('no-path')));
    });
    opened.catch(() => undefined);
    const shut = () => {
      if (isClosed) return;
      isClosed = true;
      this.#ends.delete(number);
      inbox.close();
      close();
      peer?.close();
    };
    const end: End = { certificate, inbox, taken: false, open, close: shut };
    this.#ends.set(number, end);
    if (initiator) setTimeout(() => onsignal({ type: 'offer', text: String(number) }));

    const meet = (other: End) => {
      peer = other;
      end.open(other.certificate);
    };
    return {
      opened,
      closed,
      signal: ({ type, text }) => {
        if (isClosed) return;
        const other = this.#ends.get(Number(text));
        // There are no candidates here, so any is malformed; and a link is described once, as with a real one.
        if (type === 'candidate' || peer || !other || (type === 'offer' && other.taken)) return shut();
        if (type === 'offer') other.taken = true;
        meet(other);
        if (type === 'offer') onsignal({ type: 'answer', text: String(number) });
      },
      read: () => inbox.read(),
      write: async (frame) => {
        if (isClosed || !peer) throw new LinkError('closed');
        this.carried.push(frame);
        for (const arriving of this.tamper(frame)) {
          if (arriving.length > MAX_FRAME_BYTES || !peer.inbox.push(arriving)) shut();
        }
        await Promise.resolve();
      },
      path: () => Promise.resolve(isClosed || !peer ? undefined : { route: 'direct', protocol: 'udp', roundTrip: 0 }),
      silent: new Listeners(),
      close: shut,
    };
  }
}
