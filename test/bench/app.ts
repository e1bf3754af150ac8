/** The built app as people use it, through its own page. */
import type { Page } from 'playwright-core';
import { createInvite, expectConnection, expectHome, start } from '../browser/journey.ts';
import type { Stage } from '../browser/stage.ts';
import type { Figure } from './figures.ts';
import { takeLongTasks, watchLongTasks } from './long-tasks.ts';

const MEETINGS = 10;
const STREAM = { messages: 1000, perSecond: 200 };

/** Someone with a browser, keys and a profile of their own. */
async function person(stage: Stage, url: string, name: string): Promise<Page> {
  const context = await stage.browser();
  await watchLongTasks(context);
  const page = await stage.page(context, url);
  // Keys are being made from here on; what the first rendering of a page costs is not theirs.
  await page.getByRole('textbox', { name: 'Your name', exact: true }).waitFor();
  await takeLongTasks(page);
  await start(page, name);
  return page;
}

/** From the click on an invite link, through Join, until both see an open link. */
async function meet(inviter: Page, joiner: Page, name: string): Promise<number> {
  const link = await createInvite(inviter);
  await joiner.goto('about:blank');
  const begin = performance.now();
  await joiner.goto(link);
  await joiner.getByRole('button', { name: 'Join', exact: true }).click();
  await Promise.all([joiner, inviter].map((page) => expectConnection(page, 'Connected directly')));
  await inviter.getByRole('heading', { name, exact: true }).waitFor();
  return performance.now() - begin;
}

/** Types into the page, through its own controls, as fast as a script can be asked to. */
function stream(page: Page): Promise<void> {
  return page.evaluate(async ({ messages, perSecond }) => {
    const box = document.querySelector('textarea')!;
    const begin = performance.now();
    for (let i = 0; i < messages; i++) {
      const wait = begin + (i * 1000) / perSecond - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      box.value = `message ${i} of a stream`;
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
      box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    }
  }, STREAM);
}

/** What people see of it: how soon they are connected, and that the page stays responsive. */
export async function app(stage: Stage): Promise<Figure[]> {
  const { url } = await stage.server();
  const ann = await person(stage, url, 'Ann');
  const longTasks = { keys: await takeLongTasks(ann), handshake: [] as number[], stream: [] as number[] };

  const meetings: number[] = [];
  for (let i = 0; i < MEETINGS; i++) {
    const name = `Guest ${i}`;
    const guest = await person(stage, url, name);
    longTasks.keys.push(...(await takeLongTasks(guest)));
    await takeLongTasks(ann);
    meetings.push(await meet(ann, guest, name));
    longTasks.handshake.push(...(await takeLongTasks(guest)), ...(await takeLongTasks(ann)));
    if (i < MEETINGS - 1) await guest.context().close();
    else {
      await stream(guest);
      const last = `message ${STREAM.messages - 1} of a stream`;
      await ann.getByRole('log').getByText(last, { exact: true }).waitFor();
      longTasks.stream.push(...(await takeLongTasks(guest)), ...(await takeLongTasks(ann)));
    }
    await expectHome(ann);
  }
  const longest = (name: string, tasks: number[]): Figure => ({
    name: `longest task of the main thread during ${name}`,
    unit: 'ms',
    runs: [Math.max(0, ...tasks)],
    promised: { atMost: 50 },
  });
  return [
    {
      name: 'from the click on an invite to both connected, with existing keys',
      unit: 'ms',
      runs: meetings,
      promised: { atMost: 2000 },
    },
    longest('key generation', longTasks.keys),
    longest('the handshake', longTasks.handshake),
    longest(`a stream of ${STREAM.perSecond} messages a second`, longTasks.stream),
  ];
}
