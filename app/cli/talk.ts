/** What it is to talk, in whichever way: on a screen, through pipes, or in lines of JSON. */
import type { InviteView } from '../core/chat/views.ts';
import type { End } from './end.ts';
import type { LiveProfile } from './live-profile.ts';
import type { Terminal } from './terminal.ts';

/** One way of talking. It hears of all that happens, from before anything is sent. */
export interface Talk {
  /** Says something that nobody has written. */
  say(sentence: string): void;
  /** Hands over an invite that was just made. */
  handOver(invite: InviteView): void;
  /**
   * Talks until that ends.
   * @param person - with whom; otherwise whoever joins first, or everybody. @throws Failure, Stopped, ChatError
   */
  run(person?: string): Promise<void>;
  /** Gives back what it took of the terminal. */
  close?(): void;
}

/** What a way of talking stands on. */
export interface TalkParts {
  readonly terminal: Terminal;
  readonly live: LiveProfile;
  readonly end: End;
  /** Seconds that what was written last may take to arrive, when nothing more comes in. */
  readonly wait: number;
}
