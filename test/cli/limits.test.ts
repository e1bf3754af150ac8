/** How much a command line and a program may ask for. */
import { expect, test } from 'vitest';
import { readArguments } from '../../app/cli/arguments.ts';
import { MAX_WAIT } from '../../app/cli/options.ts';
import { Headless, MAX_ORDERS } from '../../app/cli/headless.ts';
import type { TalkParts } from '../../app/cli/talk.ts';
import { eventually } from '../parts/eventually.ts';

test('--wait takes seconds from none to a day', () => {
  const wait = (seconds: number | string) =>
    readArguments(['open', 'Ada', '--wait', String(seconds)], '0', () => undefined)?.options.wait;
  for (const seconds of [0, 1, MAX_WAIT - 1, MAX_WAIT]) expect(wait(seconds)).toBe(seconds);
  for (const wrong of [MAX_WAIT + 1, '-1', '1.5', '1e3', '', ' 1']) expect(() => wait(wrong)).toThrow('--wait');
});

test('no more orders are read than may be carried out at once', async () => {
  let [read, done] = [0, 0];
  const carryOut: (() => void)[] = [];
  async function* lines() {
    for (; read < MAX_ORDERS + 2; read++) yield { text: JSON.stringify({ send: 'x', to: 'Bob' }) };
  }
  const person = { id: 'b'.repeat(64), name: 'Bob' };
  // A profile whose disk takes its time, as no real one does when a test wants it.
  const chat = { name: 'Ada', fingerprint: 'a'.repeat(64), conversations: [person] };
  const send = () => new Promise<void>((resolve) => carryOut.push(resolve)).then(() => done++);
  const live = { chat, send, signedIn: () => Promise.resolve(), settled: () => Promise.resolve(), underWay: () => [] };
  const end = { or: (task: Promise<void>) => task };
  const parts = { terminal: { lines: lines(), printJson: () => undefined }, live, end, wait: 0 };
  const running = new Headless(parts as unknown as TalkParts).run();

  // Of what is being carried out the last was taken, and the next is not asked for.
  await eventually(() => carryOut.length === MAX_ORDERS);
  expect(read).toBe(MAX_ORDERS - 1);
  carryOut[0]!();
  await eventually(() => carryOut.length === MAX_ORDERS + 1);
  expect([read, done]).toEqual([MAX_ORDERS, 1]);
  for (let next = 1; next < MAX_ORDERS + 2; next++) {
    await eventually(() => carryOut[next] !== undefined);
    carryOut[next]!();
  }
  await running;
  expect(done).toBe(MAX_ORDERS + 2);
});
