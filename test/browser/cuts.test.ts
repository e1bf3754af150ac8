/** Networks that lose packets, break off and change, between two browsers on hosts of their own. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { isLong, times } from '../parts/long.ts';
import { expectArrival, judgeAll, meetApart } from './apart.ts';
import { expectConnection, send } from './journey.ts';
import { noNetwork } from './network.ts';
import { test } from './test.ts';

if (noNetwork) console.log(noNetwork);

/** Long enough for any link to heal, and short enough that a failure is named before the test's own end. */
const PATIENCE = 60_000;
const SECOND = 1000;

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);

async function sendAll(page: Page, texts: readonly string[]): Promise<void> {
  for (const text of texts) await send(page, text);
}

/** How many links a page has opened since it was loaded. */
const opened = (page: Page) => page.evaluate(() => (window as unknown as { opened: number }).opened);

/** Counts the links that a page opens. Runs before any script of the page. */
function countLinks(): void {
  const counted = window as unknown as { opened: number };
  counted.opened = 0;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') counted.opened++;
      });
    }
  };
}

test.skipIf(noNetwork)(
  'ten percent of all UDP packets are lost: every message arrives, in order, on one and the same link (fault 1)',
  async ({ stage }) => {
    const { network, ann, bob } = await meetApart(stage, countLinks);
    const before = [await opened(ann), await opened(bob)];
    network.lose(10);
    const [anns, bobs] = [numbered('Ann', times(50, 1000)), numbered('Bob', times(50, 1000))];
    await Promise.all([sendAll(ann, anns), sendAll(bob, bobs)]);
    await expectArrival(ann, bob, anns.at(-1)!, PATIENCE);
    await expectArrival(bob, ann, bobs.at(-1)!, PATIENCE);
    await judgeAll(ann, bob, anns, bobs);
    expect([await opened(ann), await opened(bob)]).toEqual(before);
  },
  times(120, 600) * SECOND,
);

test.skipIf(noNetwork)(
  'the network breaks off for three seconds: the link stays, and what was written meanwhile arrives (fault 2)',
  async ({ stage }) => {
    const { network, hosts, ann, bob } = await meetApart(stage, countLinks);
    const before = [await opened(ann), await opened(bob)];
    network.cut(hosts.bob);
    const cut = ann.waitForTimeout(3 * SECOND);
    await send(ann, 'Ann 1');
    await send(bob, 'Bob 1');
    await cut;
    network.heal();
    await expectArrival(ann, bob, 'Ann 1', PATIENCE);
    await expectArrival(bob, ann, 'Bob 1', PATIENCE);
    await judgeAll(ann, bob, ['Ann 1'], ['Bob 1']);
    expect([await opened(ann), await opened(bob)]).toEqual(before);
  },
  120 * SECOND,
);

test.skipIf(noNetwork || !isLong).for([30, 300])(
  'the network breaks off for %i seconds: a new link is made by itself, and what was written meanwhile arrives (fault 2)',
  { timeout: 480 * SECOND },
  async (seconds, { stage }) => {
    const { network, hosts, ann, bob } = await meetApart(stage, countLinks);
    network.cut(hosts.bob);
    const cut = ann.waitForTimeout(seconds * SECOND);
    await send(ann, 'Ann 1');
    await send(bob, 'Bob 1');
    await cut;
    network.heal();
    const healed = performance.now();
    await expectArrival(ann, bob, 'Ann 1', PATIENCE);
    await expectArrival(bob, ann, 'Bob 1', PATIENCE);
    console.log(`healed ${Math.round(performance.now() - healed)} ms after a cut of ${seconds} s`);
    await expectConnection(ann, 'Connected directly');
    await judgeAll(ann, bob, ['Ann 1'], ['Bob 1']);
  },
);

test.skipIf(noNetwork)(
  'a device gets another address: a new path is found by itself, before the browser gives up the old one (fault 3)',
  async ({ stage }) => {
    const { network, hosts, ann, bob } = await meetApart(stage, countLinks);
    network.move(hosts.bob);
    const moved = performance.now();
    await send(ann, 'Ann 1');
    await send(bob, 'Bob 1');
    await expectArrival(ann, bob, 'Ann 1', PATIENCE);
    await expectArrival(bob, ann, 'Bob 1', PATIENCE);
    console.log(`a new path ${Math.round(performance.now() - moved)} ms after the address changed`);
    await expectConnection(bob, 'Connected directly');
    await judgeAll(ann, bob, ['Ann 1'], ['Bob 1']);
  },
  120 * SECOND,
);
