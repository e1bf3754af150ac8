/** Coming back: two people who were both away, and each wrote much, until each knows that all of it is with the other. */
import type { Figure } from './figures.ts';
import type { TwoPages } from './two-pages.ts';

const TEXTS = 1_000;
const RUNS = 5;

/** From both coming online, through server, dial and handshake. @returns milliseconds */
async function comeBack({ ann, bob }: TwoPages): Promise<number> {
  const both = [ann, bob];
  await Promise.all(both.map((page) => page.evaluate(() => person.leave())));
  await Promise.all(both.map((page) => page.evaluate((count) => person.writeAway(count), TEXTS)));
  const begin = Date.now();
  const ends = await Promise.all(both.map((page) => page.evaluate((count) => person.returnTo(count), TEXTS)));
  return Math.max(...ends) - begin;
}

export async function returning(pages: TwoPages): Promise<Figure> {
  const runs: number[] = [];
  for (let i = 0; i < RUNS; i++) runs.push(await comeBack(pages));
  return {
    name: `coming back with ${TEXTS} texts waiting on each side, until all are delivered`,
    unit: 'ms',
    runs,
    promised: { atMost: 10_000 },
  };
}
