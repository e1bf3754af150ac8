/** The digits of a fingerprint that stand behind a name where the name alone could be taken for something else. */
import { likenesses, mixesAlphabets, type ConversationView } from '../core/chat/views.ts';

/** What an interface calls others than people. */
const RESERVED = new Set(['You', 'Sotto'].flatMap(likenesses));
/** What a name begins with: as far as a colon, or any other sign that is no letter. */
const BEGINNING = /^[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{Mn}\p{Me}\p{Nd}\s]*/u;
/** A name with a mark behind it, or a fingerprint. */
const IN_OUR_FORM = /\s[\da-f]{4}$|^[\da-f]{64}$/i;

/** Whether a name has the form in which an interface tells people apart: with a mark behind it, or a fingerprint. */
export function hasFormOfMark(name: string): boolean {
  return IN_OUR_FORM.test(name.normalize('NFKC'));
}

/**
 * Whether somebody is called, or seems to be, as an interface calls whoever reads it, or itself, maybe with a colon or such
 * behind it; or has a name in the form of one with its mark.
 */
export function isReserved(name: string): boolean {
  const [beginning] = BEGINNING.exec(name.normalize('NFKC'))!;
  return likenesses(beginning).some((likeness) => RESERVED.has(likeness)) || hasFormOfMark(name);
}

/**
 * The digits of their fingerprint for everyone whose name is not enough to tell them from others: names that look alike, or
 * like another with its mark, that an interface uses itself, or that are made to look like another.
 * @param us - our own name, where it stands beside theirs. @returns them by the id of the conversation
 */
export function marksOf(conversations: readonly ConversationView[], us?: string): ReadonlyMap<string, string> {
  const known = new Map(conversations.map(({ id, name }) => [id, likenesses(name)]));
  const counts = new Map<string, number>();
  for (const likeness of [...known.values()].flat()) counts.set(likeness, (counts.get(likeness) ?? 0) + 1);
  const withMark = new Set(conversations.flatMap(({ id, name }) => likenesses(`${name} ${markOf(id)}`)));
  const ours = new Set(us === undefined ? [] : likenesses(us));
  const isShared = (likeness: string) =>
    (counts.get(likeness) ?? 0) > 1 || withMark.has(likeness) || ours.has(likeness);
  const marked = conversations.filter(
    ({ id, name }) => known.get(id)?.some(isShared) || isReserved(name) || mixesAlphabets(name),
  );
  return new Map(marked.map(({ id }) => [id, markOf(id)]));
}

/** @param fingerprint - in hexadecimal. */
function markOf(fingerprint: string): string {
  return fingerprint.slice(0, 4);
}
