/** A time, and up to half as long again by chance, so that not everybody does the same at once. */
export function spread(time: number): number {
  return time * (1 + Math.random() / 2);
}
