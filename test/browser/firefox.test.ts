/** People with different browsers, and a network that loses packets and breaks off between them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Page as FirefoxPage } from 'puppeteer-core';
import { Oracle } from '../parts/oracle.ts';
import { times } from '../parts/long.ts';
import { expectArrived, serverOn } from './apart.ts';
import { createInvite, expectConnection, expectConversation, expectState, send, start } from './journey.ts';
import { openFirefox } from './firefox.ts';
import {
  deviceInFirefox,
  expectArrivedInFirefox,
  expectConnectionInFirefox,
  expectDeliveredInFirefox,
  joinInFirefox,
  sendInFirefox,
} from './firefox-journey.ts';
import { noNetwork } from './network.ts';
import { deviceOf } from './records.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

if (noNetwork) console.log(noNetwork);

const PATIENCE = 60_000;
const CUT = 3000;

/** Ann with Chromium and Bob with Firefox, on hosts of their own, meet and are connected. */
async function meet(stage: Stage) {
  const network = stage.network();
  const [home, annsPlace, bobsPlace] = [network.host(), network.host(), network.host()];
  const server = await serverOn(stage, home);
  const ann = await stage.page(await stage.browser(undefined, { host: annsPlace }), server.url);
  await start(ann, 'Ann');
  const bob = await openFirefox(server.url, bobsPlace);
  await joinInFirefox(bob, await createInvite(ann), 'Bob');
  await expectConversation(ann, 'Bob');
  await expectConnection(ann, 'Connected directly');
  await expectConnectionInFirefox(bob, 'Connected directly');
  stage.expectProblem(/WebSocket connection to .* failed|net::ERR_/);
  return { network, bobsPlace, ann, bob };
}

/** Waits until all of both has arrived, and judges the records of both browsers. */
async function judgeAll(ann: Page, bob: FirefoxPage, anns: readonly string[], bobs: readonly string[]): Promise<void> {
  await expectArrivedInFirefox(bob, anns.at(-1)!, PATIENCE);
  await expectArrived(ann, bobs.at(-1)!, PATIENCE);
  await expectState(ann, anns.at(-1)!, 'Delivered', PATIENCE);
  await expectDeliveredInFirefox(bob, bobs.at(-1)!, PATIENCE);
  await new Oracle(await deviceOf(ann), await deviceInFirefox(bob)).judge([anns, bobs]);
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);

test.skipIf(noNetwork)(
  'Chromium and Firefox lose nothing while ten percent of all UDP packets are lost, and while the network breaks off (fault 1) (fault 2)',
  async ({ stage }) => {
    const { network, bobsPlace, ann, bob } = await meet(stage);
    network.lose(10);
    const count = times(50, 1000);
    const [anns, bobs] = [numbered('Ann', count), numbered('Bob', count)];
    const sendMost = async () => {
      for (const text of anns.slice(0, -1)) await send(ann, text);
    };
    await Promise.all([sendMost(), sendInFirefox(bob, ...bobs.slice(0, -1))]);
    // Whoever types faster ends earlier: only the newest messages are on the screen.
    await send(ann, anns.at(-1)!);
    await sendInFirefox(bob, bobs.at(-1)!);
    await judgeAll(ann, bob, anns, bobs);
    network.heal();

    network.cut(bobsPlace);
    const cut = delay(CUT);
    await send(ann, 'Ann, cut off');
    await sendInFirefox(bob, 'Bob, cut off');
    await cut;
    network.heal();
    await judgeAll(ann, bob, [...anns, 'Ann, cut off'], [...bobs, 'Bob, cut off']);
    await expectConnectionInFirefox(bob, 'Connected directly');
  },
  times(120_000, 900_000),
);
