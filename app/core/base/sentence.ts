/** What people read. Most of it is the same wherever they do. */

export type Place = 'page' | 'terminal';

/** Where it speaks of what one presses or types, it has words for each place. */
export type Sentence = string | Readonly<Record<Place, string>>;

/** A sentence in the words of one place. */
export function spoken(sentence: Sentence, place: Place): string {
  return typeof sentence === 'string' ? sentence : sentence[place];
}
