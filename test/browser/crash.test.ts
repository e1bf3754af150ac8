/** Pages that are killed while they write: the log opens again, holds what was promised, and the conversation goes on. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { times } from '../parts/long.ts';
import { openDisk, profileOf } from './disk.ts';
import { crash } from './crash.ts';
import { expectHome, expectState, meet, open, send } from './journey.ts';
import { deviceOf, judge, textsOn } from './records.ts';
import { test } from './test.ts';
import { startTyping, stopTyping, watchScreen } from './typing.ts';

/** Of two people: after each kill all that they ever wrote is judged, which takes the longer, the more it is. */
const KILLS = 20;
const PAIRS = times(1, 10);
/** Long enough for all of them, on a slow machine. */
const DEADLINE = KILLS * 15_000;

test.for(Array.from({ length: PAIRS }, (_, index) => index + 1))(
  'a page that is killed while both write comes back each time with all that was promised, and they go on, pair %i (fault 10)',
  { timeout: DEADLINE },
  async (_, { stage }) => {
    const server = await stage.server();
    const [first, bob] = await meet(stage, server, 'Ann', 'Bob', () => stage.browser());
    const browser = first.context();
    const [shownToAnn, shownToBob] = [await watchScreen(browser), await watchScreen(bob.context())];
    await Promise.all([first.reload(), bob.reload()]);
    await Promise.all([open(first, 'Bob'), open(bob, 'Ann')]);
    const disk = await openDisk(browser, server.url);
    const profile = await profileOf(first);
    await startTyping(bob, 'Bob', 50);
    stage.expectProblem(/a page crashed/);

    const comeBack = async (): Promise<Page> => {
      const page = await stage.page(browser, server.url);
      await expectHome(page);
      await open(page, 'Bob');
      return page;
    };
    let ann = first;
    for (let kill = 1; kill <= KILLS; kill++) {
      await startTyping(ann, `Ann ${kill}:`, 5);
      // Each time somewhat later in what she writes; by then it has left the screen, so full is it.
      await expect.poll(() => shownToBob.has(`Ann ${kill}: ${1 + (kill % 20)}`), { timeout: 15_000 }).toBe(true);
      await crash(ann);
      const dead = await deviceOf(disk, profile);
      await judge(dead, bob);
      const { ours, theirs } = await textsOn(dead, await deviceOf(bob));
      const kept = new Set([...ours, ...theirs]);
      expect([...shownToAnn].filter((text) => !kept.has(text))).toEqual([]);
      await ann.close();
      ann = await comeBack();
    }

    const bobs = await stopTyping(bob);
    // What came after it would take what she writes off her screen.
    await expect.poll(() => shownToAnn.has(bobs.at(-1)!), { timeout: 15_000 }).toBe(true);
    await send(ann, 'Still here.');
    await expectState(ann, 'Still here.', 'Delivered');
    await send(bob, 'So am I.');
    await expectState(bob, 'So am I.', 'Delivered');
    const { ours } = await textsOn(await deviceOf(ann), await deviceOf(bob));
    await judge(ann, bob, [ours, [...bobs, 'So am I.']]);
    expect(ours.filter((text) => / 1$/.test(text))).toHaveLength(KILLS);
  },
);
