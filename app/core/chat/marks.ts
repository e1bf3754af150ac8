import { likenesses, looksLike, mixesAlphabets, type ConversationView } from './views.ts';

/** What an interface calls others than people. */
const RESERVED = ['You', 'Sotto'];

/** Whether somebody is called as an interface calls whoever reads it, or itself, or looks so. */
export function isReserved(name: string): boolean {
  return RESERVED.some((reserved) => looksLike(reserved, name));
}

/**
 * The digits of their fingerprint for everyone whose name is not enough to tell them from others: names that look alike, that
 * an interface uses itself, or that are made to look like another.
 */
export function marksOf(conversations: readonly ConversationView[]): ReadonlyMap<string, string> {
  const known = new Map(conversations.map(({ id, name }) => [id, likenesses(name)]));
  const counts = new Map<string, number>();
  for (const likeness of [...known.values()].flat()) counts.set(likeness, (counts.get(likeness) ?? 0) + 1);
  const isShared = (likeness: string) => (counts.get(likeness) ?? 0) > 1;
  const marked = conversations.filter(
    ({ id, name }) => known.get(id)?.some(isShared) || isReserved(name) || mixesAlphabets(name),
  );
  return new Map(marked.map(({ id }) => [id, id.slice(0, 4)]));
}
