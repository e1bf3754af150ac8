/** Whom a name means. */
import type { Chat } from '../core/chat/chat.ts';
import type { ConversationView } from '../core/chat/views.ts';
import { hasFormOfMark, marksOf } from '../words/marks.ts';
import { Failure } from './exit.ts';
import { shown } from './shown.ts';

const FINGERPRINT = /^[0-9a-f]{64}$/i;
/** What lists put around a name that is written from right to left: it is copied with it, and in no name. */
const ISOLATES = /[\u2068\u2069]/g;

/** What tells people of one name apart, as lists show it. @param us - our own name, where it stands beside theirs. */
export function labelOf(person: ConversationView, everyone: readonly ConversationView[], us?: string): string {
  return labelled(shown(person.name), marksOf(everyone, us).get(person.id));
}

/** Whether a link to somebody is open. */
export function isLinked({ connection }: ConversationView): boolean {
  return connection === 'direct' || connection === 'relay';
}

/** Whether somebody, or several, may be meant by this. */
export function isKnown({ conversations }: Pick<Chat, 'conversations'>, wanted: string): boolean {
  return peopleMeant(conversations, wanted).length > 0;
}

/**
 * Finds the one person meant by a fingerprint, by a name with the digits that lists show behind it, or by a name.
 * @param list - what shows who there is. @throws Failure if that is nobody, or may be several
 */
export function findPerson(
  { conversations }: Pick<Chat, 'conversations'>,
  wanted: string,
  list: 'list' | '/list' = 'list',
): ConversationView {
  const found = peopleMeant(conversations, wanted);
  if (found.length === 0) {
    const what = FINGERPRINT.test(wanted) ? 'fingerprint' : 'name';
    throw new Failure('usage', `Nobody of that ${what} is in contact with you. See who is: ${list}.`);
  }
  const isAmbiguous = hasFormOfMark(nameIn(wanted)) && labelOf(found[0]!, conversations) !== shown(nameIn(wanted));
  if (found.length === 1 && (FINGERPRINT.test(wanted) || !isAmbiguous)) return found[0]!;
  const why = isAmbiguous ? 'That could be a name with the digits of somebody else.' : 'Several people bear that name.';
  throw new Failure('usage', `${why} Say whom you mean: ${choiceOf(found, conversations)}.`);
}

/** What leads to each of them. */
function choiceOf(found: readonly ConversationView[], everyone: readonly ConversationView[]): string {
  const labels = new Set(found.map((person) => labelOf(person, everyone)));
  return labels.size === found.length
    ? [...labels].map((label) => `“${label}”`).join(' or ')
    : found.map(({ id }) => id).join(' or ');
}

function labelled(name: string, mark: string | undefined): string {
  return mark === undefined ? name : `${name} ${mark}`;
}

function peopleMeant(everyone: readonly ConversationView[], wanted: string): readonly ConversationView[] {
  // Somebody may have taken the fingerprint of another for a name: it never leads to them.
  if (FINGERPRINT.test(wanted)) return everyone.filter(({ id }) => id === wanted.toLowerCase());
  const name = nameIn(wanted);
  const marks = marksOf(everyone);
  // Nor does what lists show for somebody lead to another who is called so.
  const shownSo = everyone.filter((person) => labelled(person.name, marks.get(person.id)) === name);
  return shownSo.length > 0 ? shownSo : everyone.filter((person) => person.name === name);
}

function nameIn(wanted: string): string {
  return wanted.replace(ISOLATES, '').normalize('NFC').trim();
}
