import { mixesAlphabets, skeleton, type ConversationView } from '../../core/chat/views.ts';

/** What this page calls others than people. */
const RESERVED = new Set(['You', 'Sotto'].map(skeleton));

/** Whether somebody is called as this page calls whoever reads it, or itself, or looks so. */
export function isReserved(name: string): boolean {
  return RESERVED.has(skeleton(name));
}

/**
 * The digits of their fingerprint for everyone whose name is not enough to tell them from others: names that look alike, that
 * this page uses itself, or that are made to look like another.
 */
export function marksOf(conversations: readonly ConversationView[]): ReadonlyMap<string, string> {
  const skeletons = new Map(conversations.map(({ id, name }) => [id, skeleton(name)]));
  const counts = new Map<string, number>();
  for (const one of skeletons.values()) counts.set(one, (counts.get(one) ?? 0) + 1);
  const marked = conversations.filter(({ id, name }) => {
    return (counts.get(skeletons.get(id)!) ?? 0) > 1 || isReserved(name) || mixesAlphabets(name);
  });
  return new Map(marked.map(({ id }) => [id, id.slice(0, 4)]));
}
