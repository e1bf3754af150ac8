/** Every test has a short form, which each run does, and some have a long one, which `npm run test:long` does. */

/** Whether the long forms are run. */
export const isLong = process.env['SOTTO_LONG'] === '1';

/** How often, how many or how long: for the short form, and for the long one. */
export function times(short: number, long: number): number {
  return isLong ? long : short;
}
