/** Two browsers whose people dial each other at the same moment, over and over. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { compare, toBase64Url } from '../../signal/wire/bytes.ts';
import { identityOf, recordOf } from '../parts/identities.ts';
import { times } from '../parts/long.ts';
import { bundle } from './bundle.ts';
import { openFirefox } from './firefox.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

/** So many rounds run beside each other. */
const AT_ONCE = 20;
const ROUNDS = times(20, 200);
const BATCH_DEADLINE = 60_000;

type Payloads = [round: number, payload: string][];

interface Standing {
  readonly number: number;
  readonly dials: number;
  readonly open: number;
  readonly sessions: readonly string[];
}

/** A page of either browser. */
interface Side {
  evaluate<A, R>(run: (given: A) => R, given: A): Promise<Awaited<R>>;
}

/** What `page/crossing.ts` puts on a page. */
interface InPage {
  readonly crossing: {
    readonly begin: (us: string, them: string, numbers: readonly number[]) => Promise<void>;
    readonly fetch: () => Payloads;
    readonly bring: (payloads: Payloads) => void;
    readonly stand: () => Standing[];
    readonly end: () => void;
  };
}

/** Serves a page that is nothing but its script. @returns its address */
async function servePage(): Promise<string> {
  const script = await bundle('test/browser/page/crossing.ts');
  const page = '<!doctype html><title>Crossing</title><link rel="icon" href="data:,"><script src="script.js"></script>';
  const server = createServer((request, response) => {
    const isScript = request.url === '/script.js';
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8');
    response.end(isScript ? script : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function chromiumAt(stage: Stage, url: string): Promise<Side> {
  const page = await (await stage.person()).newPage();
  await page.goto(url);
  return page;
}

async function firefoxAt(url: string): Promise<Side> {
  const page = await openFirefox(url);
  await page.goto(url);
  return page as unknown as Side;
}

const isSettled = (standings: readonly Standing[]) =>
  standings.every(({ open, sessions }) => open === 1 && sessions.length > 0);

/** How it stands with each round, at one side. */
function standingsOf(side: Side): Promise<Standing[]> {
  return side.evaluate(() => (window as unknown as InPage).crossing.stand(), undefined);
}

/** Carries what both send, but nothing of a round before both have dialled, until all is settled or time is up. */
async function carry(sides: readonly [Side, Side]): Promise<[Standing[], Standing[]]> {
  const held: [Payloads, Payloads] = [[], []];
  const end = performance.now() + BATCH_DEADLINE;
  for (;;) {
    const [first, second] = [await standingsOf(sides[0]), await standingsOf(sides[1])];
    for (const [index, side] of sides.entries()) {
      held[index]!.push(...(await side.evaluate(() => (window as unknown as InPage).crossing.fetch(), undefined)));
    }
    const crossed = new Set(
      first.filter(({ dials }, index) => dials > 0 && second[index]!.dials > 0).map(({ number }) => number),
    );
    for (const [index, side] of [sides[1], sides[0]].entries()) {
      const due = held[index]!.filter(([round]) => crossed.has(round));
      held[index] = held[index]!.filter(([round]) => !crossed.has(round));
      await side.evaluate((payloads) => (window as unknown as InPage).crossing.bring(payloads), due);
    }
    if ((isSettled(first) && isSettled(second)) || performance.now() > end) return [first, second];
  }
}

/** The records of two identities; the first dials at once, and the second leaves the other a while to do so. */
async function identities(): Promise<[string, string]> {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const sorted = compare(ann.card.fingerprint, bob.card.fingerprint) < 0 ? ['Ann', 'Bob'] : ['Bob', 'Ann'];
  const [first, second] = await Promise.all(sorted.map((name) => recordOf(name)));
  return [toBase64Url(first!), toBase64Url(second!)];
}

/** Lets two sides dial each other, and expects of each time that it ends in one link, the same for both, at the first go. */
async function expectOneLinkEach([first, second]: readonly [Side, Side]): Promise<void> {
  const records = await identities();
  const begin = (side: Side, us: string, them: string, numbers: readonly number[]) =>
    side.evaluate(([ours, theirs, rounds]) => (window as unknown as InPage).crossing.begin(ours, theirs, rounds), [
      us,
      them,
      numbers,
    ] as const);
  for (let from = 0; from < ROUNDS; from += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => from + index);
    await begin(second, records[1], records[0], numbers);
    await expect
      .poll(async () => (await standingsOf(second)).every(({ dials }) => dials > 0), { timeout: 10_000 })
      .toBe(true);
    await begin(first, records[0], records[1], numbers);
    const [atFirst, atSecond] = await carry([first, second]);
    expect(atFirst.map(({ sessions }) => sessions)).toEqual(atSecond.map(({ sessions }) => sessions));
    // Each had dialled before it heard of the other's dial, and neither had to dial again.
    for (const { dials, open, sessions } of [...atFirst, ...atSecond])
      expect([dials, open, sessions.length]).toEqual([1, 1, 1]);
    for (const side of [first, second])
      await side.evaluate(() => (window as unknown as InPage).crossing.end(), undefined);
  }
}

test(
  `two Chromiums that dial each other at once get one link, ${ROUNDS} times (fault 5)`,
  async ({ stage }) => {
    const url = await servePage();
    stage.allow(url);
    await expectOneLinkEach([await chromiumAt(stage, url), await chromiumAt(stage, url)]);
  },
  times(60_000, 600_000),
);

test(
  `Chromium and Firefox that dial each other at once get one link, ${ROUNDS} times (fault 5)`,
  async ({ stage }) => {
    const url = await servePage();
    stage.allow(url);
    await expectOneLinkEach([await chromiumAt(stage, url), await firefoxAt(url)]);
  },
  times(90_000, 600_000),
);
