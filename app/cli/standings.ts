/** People as lists show them: who it is, and how things stand with them. */
import type { Chat } from '../core/chat/chat.ts';
import type { ConversationView } from '../core/chat/views.ts';
import { formatDeadline, formatMoment } from '../words/moments.ts';
import { CONNECTION_WORDS } from '../words/connection.ts';
import { broken } from './cells.ts';
import { labelOf } from './people.ts';
import { shown } from './shown.ts';
import type { Terminal } from './terminal.ts';

/** Characters of a preview. */
const PREVIEW = 40;

/** What is said where there is nobody, before a conversation has begun and in one. */
export const NOBODY_YET = {
  before: 'Nobody yet. Begin with “invite”, or with “join”.',
  within: 'Nobody yet. /invite makes a link for somebody.',
};

/** Prints who is in contact with us, and notes which invites wait. @param nobody - said if there is nobody. */
export function printPeople(terminal: Terminal, { conversations, invites }: Chat, nobody: string): void {
  for (const person of conversations) terminal.print(standing(terminal, person, conversations));
  if (conversations.length === 0) terminal.note(nobody);
  for (const { expiry } of invites) terminal.note(`An invite of yours waits until ${formatDeadline(expiry)}.`);
}

/** The line of one person. @param isOnline - whether it is known how they are connected. */
export function standing(
  { colors, columns }: Terminal,
  person: ConversationView,
  everyone: readonly ConversationView[],
  isOnline = false,
): string {
  const { unread, verified, preview, time, connection, blocked } = person;
  const characters = [...preview];
  const text = shown(characters.slice(0, PREVIEW).join(''));
  const about = [
    formatMoment(time),
    ...(isOnline && !blocked ? [CONNECTION_WORDS[connection]] : []),
    ...(verified ? ['Verified'] : []),
    ...(unread > 0 ? [`${unread} unread`] : []),
    wordFor(person) ?? (characters.length > PREVIEW ? `${text}…` : text),
  ];
  const label = labelOf(person, everyone);
  // What does not fit would begin a row of its own, and could pass for somebody else's.
  const [row = '', ...more] = broken(`${label}  ${about.join(' · ')}`, columns - 1);
  const rest = row.slice(label.length) + (more.length > 0 ? '…' : '');
  return `${colors.bold(row.slice(0, label.length))}${colors.dim(rest)}`;
}

/** What stands in the place of the last message. */
function wordFor({ blocked, refused, invited, preview }: ConversationView): string | undefined {
  if (blocked) return 'Blocked';
  if (preview) return undefined;
  if (refused) return 'Not let in';
  return invited ? 'Waiting for an answer' : 'No messages yet';
}
