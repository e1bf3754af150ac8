/** Whoever reads what the terminal client prints takes their time, or stops. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { encodeLine } from '../../app/cli/json.ts';
import { MAX_UNREAD } from '../../app/cli/terminal.ts';
import { useClient } from './client.ts';
import { twoPeople, type Person } from './people.ts';
import type { Program } from './program.ts';

// Each makes keys of its own, and much is written.
vi.setConfig({ testTimeout: 180_000 });

const client = useClient();

/** Short to send, and long to print: a control character is eight in a log, and six in JSON. */
const text = (index: number) => `${index} ${'\u0001'.repeat(32_000)}`;
const MESSAGES = 200;

/** A program of a person's whose output nobody reads by itself. */
function unread(person: Person, ...args: string[]): ChildProcess {
  // What is thrown away goes soon, so that what is left is what is held.
  const env = { NODE_OPTIONS: '--max-old-space-size=48 --max-semi-space-size=1' };
  const child = spawn(process.execPath, [client.file, '--data', person.folder, ...args], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Ada, who writes, and Bob, whose program was ended. */
async function acquainted(): Promise<{ adas: Program; bob: Person }> {
  const { ada, bob } = await twoPeople(client);
  const { program, link } = await ada.invites();
  await (await bob.joins(link)).end();
  return { adas: program, bob };
}

function write(program: Program, count: number): void {
  for (let index = 0; index < count; index++) program.order({ send: text(index), to: 'Bob', ref: index });
}

/** How many of them a log has, each whole and in its place. */
function countIn(log: string): number {
  const lines = log.split('\n').filter((line) => /^\d\d:\d\d /.test(line));
  lines.forEach((line, index) => expect(line.slice(7)).toBe(`Ada: ${index} ${'<U+0001>'.repeat(32_000)}`));
  return lines.length;
}

test('a program that reads no more ends it in time, and nothing that came is lost', async () => {
  const { adas, bob } = await acquainted();
  const bobs = unread(bob, 'open', '--json');
  let said = '';
  bobs.stderr?.setEncoding('utf8').on('data', (more: string) => (said += more));
  write(adas, MESSAGES);
  const [code] = (await once(bobs, 'close')) as [number];
  expect(said).toMatch(/^[^\n]*What came is kept: log NAME has it\.[^\n]*\n$/);
  expect(code).toBe(1);
  const kept = countIn((await bob.run(['log', 'Ada'])).out);
  const delivered = adas.events.filter(({ state }) => state === 'Delivered').length;
  expect(kept).toBeGreaterThanOrEqual(delivered);
  // It was patient.
  expect(kept * encodeLine({ text: text(0) }).length).toBeGreaterThanOrEqual(MAX_UNREAD);
});

test('a log goes whole into a slow pipe, and is never in memory whole', async () => {
  const { adas, bob } = await acquainted();
  const bobs = unread(bob, 'open', '--json');
  bobs.stdout?.resume();
  write(adas, MESSAGES);
  const delivered = () => adas.events.filter(({ state }) => state === 'Delivered').length;
  await expect.poll(delivered, { timeout: 90_000 }).toBe(MESSAGES);
  bobs.stdin?.end();
  await once(bobs, 'exit');

  const log = unread(bob, 'log', 'Ada');
  const chunks: Buffer[] = [];
  const memory = () => Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${log.pid}/status`, 'utf8'))?.[1]) * 1024;
  await once(log.stdout!, 'readable');
  const atFirst = memory();
  let most = 0;
  for await (const chunk of log.stdout!) {
    chunks.push(chunk as Buffer);
    if (log.exitCode === null) most = Math.max(most, memory() || 0);
    await wait(1);
  }
  const whole = Buffer.concat(chunks);
  expect(countIn(whole.toString())).toBe(MESSAGES);
  expect(most).toBeGreaterThan(0);
  expect(most - atFirst).toBeLessThan(whole.length);
});
