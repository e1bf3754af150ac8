/**
 * What the interface sees: plain values, made from the log and from what is known of each link, and a window on the log.
 * Nothing here can be written to; what a person does goes through `Chat`, or `Backups`.
 */
import type { Sentence } from '../base/sentence.ts';

export { spoken, type Sentence } from '../base/sentence.ts';
export { likenesses, mixesAlphabets } from '../base/look-alikes.ts';
export { MAX_NAME_LENGTH } from '../base/name.ts';
export type { Progress } from '../base/progress.ts';

/**
 * `direct` and `relay`: a link is open. `connecting`: the person is here, or our server cannot be asked.
 * `away`: the server says that the person is not here.
 */
export type Connection = 'direct' | 'relay' | 'connecting' | 'away';

/** More of a connection than its kind, for whoever wants to know. */
export type ConnectionDetails =
  | {
      readonly route: 'direct' | 'relay';
      /** As far as it can be told. */
      readonly protocol: 'udp' | 'tcp' | 'tls' | undefined;
      /** In milliseconds; `undefined` if it was not measured yet. */
      readonly roundTrip: number | undefined;
      /** When it was opened, unix ms. */
      readonly since: number;
    }
  /** Why there is none, in a sentence. */
  | { readonly route: undefined; readonly why: Sentence };

/**
 * Our server: being reached; signed in; wanting an access token; left to a newer connection of the same identity;
 * speaking another version; not taking us for who we say we are.
 */
export type ServerState = 'connecting' | 'connected' | 'denied' | 'replaced' | 'outdated' | 'rejected';

/** Whether an invite lets us in while its maker is away, as our server says; and whether we have left word that we came. */
export type Knock = 'no' | 'may' | 'left';

export interface ConversationView {
  /** The other person's fingerprint in hexadecimal. */
  readonly id: string;
  readonly name: string;
  readonly connection: Connection;
  /** An invite of theirs that we opened has not yet been answered. */
  readonly invited: boolean;
  /** That invite was turned down: there is nobody to write to. */
  readonly refused: boolean;
  /** Nothing of theirs is taken, and nothing goes to them; they are not told. */
  readonly blocked: boolean;
  /** Somebody compared safety numbers with them. */
  readonly verified: boolean;
  /** Whom they may be taken for, in one sentence: somebody else we know bears their name. Or `undefined`. */
  readonly namesake: Sentence | undefined;
  /** That other one is verified and they are not, so nothing can be written to them. */
  readonly held: boolean;
  readonly unread: number;
  /** The newest message's text, or empty. */
  readonly preview: string;
  /** When it was written, or else the person added, unix ms. */
  readonly time: number;
  /** What keeps the two from talking, in one sentence; or `undefined`. */
  readonly trouble: Sentence | undefined;
  /**
   * Whether what waits is left at the server while they are away; `offered` once something waits and the person has not
   * said. `undefined` where nothing can be left.
   */
  readonly leaving: 'on' | 'off' | 'offered' | undefined;
  /** Of their invite, while it has not been answered. */
  readonly knock: Knock;
  /** What to know of this person's handle, in one sentence, until dismissed; or `undefined`. */
  readonly note: string | undefined;
}

/**
 * Waiting: durable here, no open link. Sent: written to an open link. On the server: the mailbox has committed it.
 * Delivered: acknowledged, signed, by the other. Read: the other says, signed, that it was shown in a visible, focused window.
 */
export type MessageState = 'Waiting' | 'Sent' | 'On the server' | 'Delivered' | 'Read';

export interface MessageView {
  /** The hash of its entry, in hexadecimal. */
  readonly id: string;
  readonly mine: boolean;
  /** The author's clock, unix ms. */
  readonly time: number;
  readonly text: string;
  /** Of one's own messages only. */
  readonly state: MessageState | undefined;
}

/** What two people compare. */
export interface SafetyNumber {
  /** 60 digits, the same on both sides. */
  readonly digits: string;
  /** What the other's camera reads from our screen. */
  readonly code: string;
}

export interface InviteView {
  /** The invite's id in hexadecimal. */
  readonly id: string;
  readonly link: string;
  readonly expiry: number;
  /** Whoever holds it may join while we are away. */
  readonly knock: boolean;
}

/** What a look-up of a handle has brought. */
export interface HandleView {
  readonly handle: string;
  /** Whose it is; `undefined` if nobody has claimed it. */
  readonly found: HandleOwner | undefined;
}

export interface HandleOwner {
  /** In hexadecimal. */
  readonly fingerprint: string;
  /** 60 digits to compare with theirs; `undefined` if it is us. */
  readonly safetyNumber: string | undefined;
  readonly isUs: boolean;
  /** Their name, if we are in conversation. */
  readonly contact: string | undefined;
  /** Other keys that the handle has led to, as fingerprints, the newest last: then take this for somebody else. */
  readonly former: readonly string[];
}

/** Something to tell the person that belongs to no single conversation, until dismissed. */
export interface Notice {
  readonly id: number;
  readonly text: Sentence;
}

/** A window on a conversation's log, its newest message last. */
export interface Thread {
  readonly messages: readonly MessageView[];
  /** Whether older messages can be loaded. */
  readonly older: boolean;
  /** Loads some 50 older messages into the window. */
  loadOlder(): Promise<void>;
  /** Drops what is older than about the newest `count` from the window; it can be loaded again. */
  trim(count: number): void;
  /** Messages of ours that `trim` dropped before they were delivered, as they are now; once they are, the next trim forgets them. */
  readonly dropped: readonly MessageView[];
  /** Calls back after each change of the window. @returns the way to stop. */
  subscribe(listener: () => void): () => void;
  close(): void;
}
