/** Whom a name means. */
import type { Chat } from '../core/chat/chat.ts';
import { marksOf } from '../core/chat/marks.ts';
import type { ConversationView } from '../core/chat/views.ts';
import { Failure } from './exit.ts';
import { shown } from './shown.ts';

const FINGERPRINT = /^[0-9a-f]{64}$/i;

/** What tells people of one name apart, as lists show it. */
export function labelOf(person: ConversationView, everyone: readonly ConversationView[]): string {
  const mark = marksOf(everyone).get(person.id);
  return mark === undefined ? shown(person.name) : `${shown(person.name)} ${mark}`;
}

/**
 * Finds the one person meant by a fingerprint, a name, or a name with the digits that lists show behind it.
 * @throws Failure if that is nobody, or may be several
 */
export function findPerson(chat: Pick<Chat, 'conversations'>, wanted: string): ConversationView {
  const everyone = chat.conversations;
  // Somebody may have taken the fingerprint of another for a name: it never leads to them.
  const known = everyone.find(({ id }) => id === wanted.toLowerCase());
  if (known) return known;
  if (FINGERPRINT.test(wanted))
    throw new Failure('usage', 'Nobody of that fingerprint is in contact with you. See who is: list.');
  const name = wanted.normalize('NFC').trim();
  const found = everyone.filter((person) => name === person.name || name === `${person.name} ${person.id.slice(0, 4)}`);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new Failure('usage', 'Nobody of that name is in contact with you. See who is: list.');
  const names = found.map((person) => `“${shown(person.name)} ${person.id.slice(0, 4)}”`).join(' or ');
  throw new Failure('usage', `Several people bear that name. Say whom you mean: ${names}.`);
}
