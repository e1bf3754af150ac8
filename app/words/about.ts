/**
 * What is said of a person. Each interface shows a name in its own way, so a sentence is what stands before the name and
 * behind it; where a name is plain text, it joins them.
 */
import type { ConversationView } from '../core/chat/views.ts';

export type About = readonly [before: string, behind: string];

/** What becomes of what one writes to somebody who is away. */
export function awayNote({ knock, leaving }: Pick<ConversationView, 'knock' | 'leaving'>): About {
  if (knock === 'left') return ['Left on the server: ', ' will find you when they come back.'];
  if (knock === 'may' && leaving === 'on') {
    return ['', ' is away, and lets you join meanwhile: word of it is being left on the server.'];
  }
  if (leaving === 'on') return ['', ' is away. What you write is left on the server, encrypted, until they come.'];
  return ['', ' is away. You will be connected when you are both here.'];
}

/** Before somebody lets the server keep what waits. */
export const LEAVE_OFFER: About = [
  'The server can keep what you write until ',
  ' comes. It cannot read it; it sees that you write to them, when, and how much.',
];

export const BLOCKED: About = ['You have blocked ', '. They are not told.'];

/** Above a safety number. */
export const COMPARISON: About = ['Compare with ', ', face to face or by a voice you know.'];
export const SAME_DIGITS = 'If the digits are the same on both screens, nobody stands between you.';
