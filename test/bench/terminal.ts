/**
 * Terminals: how soon one who has keys already is connected by a link, from the start of the process on; and how much memory
 * many people take in one process, each with a conversation.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { LiveProfile } from '../../app/cli/live-profile.ts';
import type { Stage } from '../browser/stage.ts';
import type { Figure } from './figures.ts';
import { newPerson } from './headless-people.ts';

const RUNS = 7;
const PEOPLE = 50;
const CLIENT = 'dist/cli/main.js';
/** This file is dist/bench/test/bench/terminal.js once built. */
const CROWD = join(import.meta.dirname, 'crowd.js');

/** Starts `join`, and ends it once it is connected. @returns milliseconds */
async function timeToJoin(link: string, folder: string): Promise<number> {
  const begin = performance.now();
  const program = spawn(process.execPath, [CLIENT, 'join', link, '--json', '--data', folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: program.stdout })) {
    if ((JSON.parse(line) as { event: string }).event !== 'connected') continue;
    const taken = performance.now() - begin;
    program.stdin.end();
    return taken;
  }
  throw new Error('The terminal has ended before it was connected.');
}

async function joining(stage: Stage, origin: string): Promise<Figure> {
  const inviter = await LiveProfile.begin(await newPerson(await stage.folder(), 'Ann', origin));
  inviter.connect();
  await inviter.signedIn();
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const folder = await stage.folder();
    await (await newPerson(folder, `Bob ${run}`, origin)).close();
    const { link } = await inviter.chat.createInvite();
    runs.push(await timeToJoin(link, folder));
  }
  await inviter.close();
  return {
    name: 'joining in a terminal, with keys: from the start of the process to being connected',
    unit: 'ms',
    runs,
    promised: { atMost: 1500 },
  };
}

/** @returns the most memory that one process has taken */
async function crowd(stage: Stage, origin: string): Promise<Figure> {
  const folder = await stage.folder();
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [CROWD, folder, origin, ...args]);
  // In a process of its own, as making keys takes memory, too.
  await run(String(PEOPLE), 'make');
  const { stdout } = await run(String(PEOPLE), 'talk');
  return {
    name: `${PEOPLE} people in one process, each with a conversation: the most memory it takes`,
    unit: 'MB',
    runs: [Number(stdout)],
    promised: { atMost: 1000 },
  };
}

export async function terminal(stage: Stage): Promise<Figure[]> {
  // All of them come from one address.
  const { url } = await stage.server();
  return [await joining(stage, url), await crowd(stage, url)];
}
