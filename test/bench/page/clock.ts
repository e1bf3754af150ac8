/** A clock that the pages of one machine have in common: unix ms, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
