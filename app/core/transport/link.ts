/**
 * A port: one WebRTC data channel to one person, ordered and reliable. It carries frames it cannot read.
 * Every adapter passes `test/contracts/link.ts`.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { IceServer } from '../../../signal/wire/messages.ts';
import type { Listeners } from '../base/listeners.ts';

/** A WebRTC description or candidate, for the other side's `signal`. */
export interface LinkSignal {
  readonly type: 'offer' | 'answer' | 'candidate';
  /** A description as SDP, a candidate as JSON. */
  readonly text: string;
}

/** The way that packets take. */
export interface Path {
  readonly route: 'direct' | 'relay';
  /** How they travel; of a relayed path, how they travel to our relay, if we have one. */
  readonly protocol: 'udp' | 'tcp' | 'tls';
  /** In milliseconds; `undefined` before the first was measured. */
  readonly roundTrip: number | undefined;
}

export interface Link {
  /**
   * SHA-256 of our and of their DTLS certificate, once open; rejects with LinkError if the link never opens: with the code
   * `no-path`, or `relay-refused` if besides a relay did not take what we sign in to it with.
   */
  readonly opened: Promise<{ ours: Bytes; theirs: Bytes }>;
  /** Takes what the other side's link signaled. Anything malformed closes this link. */
  signal(signal: LinkSignal): void;
  /** The next frame, in the order sent; `undefined` once the link is closed and all was read. */
  read(): Promise<Bytes | undefined>;
  /** Sends one frame of at most MAX_FRAME_BYTES. Resolves when there is room for more. @throws LinkError */
  write(frame: Bytes): Promise<void>;
  /** The way that packets take now; `undefined` if it cannot be told, as of a closed link. Never rejects. */
  path(): Promise<Path | undefined>;
  /** Told when the network has brought nothing from the other side for some seconds. The link may yet recover. */
  readonly silent: Listeners;
  /** Resolves once the link is closed, by either side. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface LinkOptions {
  readonly initiator: boolean;
  readonly iceServers: readonly IceServer[];
  /** Called with each signal for the other side. */
  readonly onsignal: (signal: LinkSignal) => void;
}

export type OpenLink = (options: LinkOptions) => Link;
