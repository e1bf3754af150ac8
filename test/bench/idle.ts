/**
 * One message in a conversation that was idle, from Send until it is opened and verified, against what it cannot do
 * without: one way over the bare channel, one durable write, one signature, one decryption. A message goes each way, and
 * their mean is taken: so the two pages' clocks need not agree.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Figure } from './figures.ts';
import { pairs } from './pairs.ts';
import type { TwoPages } from './two-pages.ts';

/** How long nothing happens before anything is measured, in milliseconds. */
const PAUSE = 100;

/** In the page, so that nothing of the driver is in it. */
async function sottoOneWay(from: Page, to: Page): Promise<number> {
  await to.evaluate(() => person.expect());
  await delay(PAUSE);
  const begin = await from.evaluate(() => person.send(1));
  const end = await to.evaluate(() => person.verified());
  await from.evaluate(() => person.delivered());
  return end - begin;
}

interface Parts {
  readonly oneWay: number;
  readonly write: number;
  readonly sign: number;
  readonly decrypt: number;
}

async function partsOneWay(from: Page, to: Page): Promise<Parts> {
  const idle = async (task: () => Promise<number>) => {
    await delay(PAUSE);
    return task();
  };
  return {
    oneWay: (await idle(() => from.evaluate(() => bareChannel.roundTrip()))) / 2,
    write: await idle(() => from.evaluate(() => parts.write())),
    sign: await idle(() => from.evaluate(() => parts.sign())),
    decrypt: await idle(() => to.evaluate(() => parts.decrypt())),
  };
}

function sum({ oneWay, write, sign, decrypt }: Parts): number {
  return oneWay + write + sign + decrypt;
}

export async function idle({ ann, bob }: TwoPages): Promise<Figure> {
  const measure = async () => ({
    parts: [await partsOneWay(ann, bob), await partsOneWay(bob, ann)],
    sotto: [await sottoOneWay(ann, bob), await sottoOneWay(bob, ann)],
  });
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const { measured, runs } = await pairs(measure, ({ parts, sotto }) => total(sotto) / total(parts.map(sum)));
  return {
    name: 'an idle message, from Send to opened and verified, to the sum of the parts it cannot do without',
    unit: '',
    runs,
    promised: { atMost: 1.5 },
    measured,
  };
}
