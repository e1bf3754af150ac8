/** What commands work on: the conversation that a person has before them. */
import type { ConversationView, InviteView, MessageView } from '../../core/chat/views.ts';
import { Failure } from '../exit.ts';
import type { LiveProfile } from '../live-profile.ts';
import type { Terminal } from '../terminal.ts';

const NOBODY = 'Nobody is open: /open NAME; /list shows who there is.';

export interface Desk {
  readonly terminal: Terminal;
  readonly live: LiveProfile;
  /** Whom we talk to, if somebody is open. */
  readonly person: ConversationView | undefined;
  readonly everyone: readonly ConversationView[];
  /** A person, as lists show them. */
  label(id: string): string;
  /** Turns to a person, and shows what was said last. */
  open(id: string): void;
  /** Ends the program, as Ctrl-C does. */
  quit(): void;
  /** Prints lines that are safe to show. */
  print(lines: string): void;
  /** Says something that nobody has written. */
  say(sentence: string): void;
  /** Shows an invite that was just made. */
  handOver(invite: InviteView): void;
  /** Shows a message of the conversation that is open, below the name of its day where that begins. */
  show(message: Pick<MessageView, 'mine' | 'time' | 'text'>): void;
  /** Asks, in the place of the next message; what was entered before is no answer. */
  ask(question: string): Promise<string>;
}

/** @throws Failure if nobody is open */
export function personAt({ person }: Desk): ConversationView {
  if (!person) throw new Failure('usage', NOBODY);
  return person;
}
