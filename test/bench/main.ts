/**
 * `npm run bench`: what has been promised about speed, measured on the built app and its core, the real server and real
 * browsers. `-- --json FILE` writes every measurement; `-- --check` fails if a promise is broken; `-- --only NAME` measures
 * one part.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SharedBrowser } from '../browser/shared-browser.ts';
import { Stage } from '../browser/stage.ts';
import { app } from './app.ts';
import { backup } from './backup.ts';
import { burst } from './burst.ts';
import { describe, keepsPromise, type Figure } from './figures.ts';
import { handshake } from './handshake.ts';
import { idle } from './idle.ts';
import { mailbox } from './mailbox.ts';
import { returning } from './return.ts';
import { terminal } from './terminal.ts';
import { twoPages } from './two-pages.ts';
import { unlocking } from './unlock.ts';

/** For one part. */
const DEADLINE = 10 * 60_000;

/** Each on a stage of its own, so that none disturbs the next. */
const PARTS: Readonly<Record<string, (stage: Stage) => Promise<Figure[]>>> = {
  app,
  burst: async (stage) => [await burst(await twoPages(stage))],
  idle: async (stage) => [await idle(await twoPages(stage))],
  handshake: async (stage) => [await handshake(await twoPages(stage))],
  return: async (stage) => [await returning(await twoPages(stage))],
  unlock: unlocking,
  mailbox,
  backup,
  terminal,
};

const { values: options } = parseArgs({
  options: { json: { type: 'string' }, check: { type: 'boolean' }, only: { type: 'string' } },
});

/** A part that waits in vain for something in a page would wait for ever. */
async function overdue(name: string, stage: Stage): Promise<never> {
  await delay(DEADLINE, undefined, { ref: false });
  throw new Error(`The part "${name}" did not come to an end. ${stage.problems.join('\n')}\n${await stage.describe()}`);
}

async function measure(name: string): Promise<Figure[]> {
  const part = PARTS[name];
  if (!part) throw new Error(`There is no part "${name}", only ${Object.keys(PARTS).join(', ')}.`);
  const shared = new SharedBrowser();
  const stage = new Stage(shared, []);
  try {
    return await Promise.race([part(stage), overdue(name, stage)]);
  } finally {
    await stage.close();
    await shared.close();
  }
}

const figures: Figure[] = [];
for (const name of options.only === undefined ? Object.keys(PARTS) : [options.only]) {
  for (const figure of await measure(name)) {
    figures.push(figure);
    console.log(describe(figure));
  }
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
if (options.check && !figures.every(keepsPromise)) process.exitCode = 1;
