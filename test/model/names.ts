/** The two of every model. */
export const NAMES = ['Ann', 'Bob'] as const;
export type Name = (typeof NAMES)[number];

export function otherOf(name: Name): Name {
  return name === 'Ann' ? 'Bob' : 'Ann';
}
