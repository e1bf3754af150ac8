/** A burst: how much of the bare channel's rate is left when every text is signed, sealed, opened and made durable. */
import type { Figure } from './figures.ts';
import { pairs } from './pairs.ts';
import type { TwoPages } from './two-pages.ts';

const TEXTS = 10_000;

/** From the first `send` until the last text has arrived. @returns texts a second. */
async function bareRate({ ann, bob }: TwoPages): Promise<number> {
  await bob.evaluate((count) => bareChannel.expect(count), TEXTS);
  const begin = await ann.evaluate((count) => bareChannel.send(count), TEXTS);
  const end = await bob.evaluate(() => bareChannel.lastArrived());
  return (TEXTS * 1000) / (end - begin);
}

/** From the first `send` until the last text is durable with the other. @returns texts a second. */
async function sottoRate({ ann, bob }: TwoPages): Promise<number> {
  await bob.evaluate(() => person.expect());
  const durable = bob.evaluate((count) => person.durable(count), TEXTS);
  const begin = await ann.evaluate((count) => person.send(count), TEXTS);
  const rate = (TEXTS * 1000) / ((await durable) - begin);
  await ann.evaluate(() => person.delivered());
  return rate;
}

export async function burst(pages: TwoPages): Promise<Figure> {
  const { measured, runs } = await pairs(
    async () => ({ bare: await bareRate(pages), sotto: await sottoRate(pages) }),
    ({ bare, sotto }) => sotto / bare,
  );
  return {
    name: `rate of a burst of ${TEXTS} texts, each durable with the other, to the rate of a bare channel`,
    unit: '',
    runs,
    promised: { atLeast: 0.5 },
    measured,
  };
}
