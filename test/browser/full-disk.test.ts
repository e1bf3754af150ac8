/** A disk that is really full: Chromium then closes its databases under the pages that have them open. */
import { expect } from 'vitest';
import {
  button,
  createInvite,
  expectAlert,
  expectConversation,
  expectMessage,
  expectState,
  join,
  messages,
  open,
  send,
  start,
  textbox,
} from './journey.ts';
import { judge } from './records.ts';
import { noSmallDisk } from './small-disk.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

const MEGABYTES = 96;
/** Chromium does not always say why it could not write. */
const SENTENCE = /This browser (has no room left for Sotto|could not reach its storage)\. Free some disk space/;

if (noSmallDisk) console.warn(noSmallDisk);

/** Ann and Bob meet and talk; then the disk that Ann's browser is on has no room any more. */
async function fillDisk(stage: Stage) {
  const server = await stage.server();
  const disk = await stage.disk(MEGABYTES);
  const browser = await stage.browser(disk.folder);
  const ann = await stage.page(browser, server.url);
  await start(ann, 'Ann');
  const bob = await (await stage.person()).newPage();
  await join(bob, await createInvite(ann), 'Bob');
  await expectConversation(ann, 'Bob');
  await send(ann, 'While there is room.');
  await expectState(ann, 'While there is room.', 'Delivered');
  disk.fill();
  /** Closes Ann's browser and opens another one on the same disk. */
  const comeBack = async () => {
    await browser.close();
    const page = await stage.page(await stage.browser(disk.folder), server.url);
    await open(page, 'Bob');
    return page;
  };
  return { disk, ann, bob, comeBack };
}

test.skipIf(noSmallDisk)(
  'on a full disk a page says so and keeps what was written in its box; with room again all goes on, and lasts (fault 11)',
  async ({ stage }) => {
    const { disk, ann, bob, comeBack } = await fillDisk(stage);

    const text = 'No room for this. '.repeat(500).trim();
    await send(ann, text);
    await expectAlert(ann, SENTENCE);
    expect(await textbox(ann, 'Message').inputValue()).toBe(text);
    expect(await messages(ann, text).count()).toBe(0);
    // What comes cannot be kept either: the other is not told that it was.
    await send(bob, 'Is there room?');
    await expect.poll(() => ann.getByRole('alert').filter({ hasText: SENTENCE }).count()).toBe(2);
    await expectState(bob, 'Is there room?', 'Waiting');

    disk.clear();
    await textbox(ann, 'Message').press('Enter');
    await expectState(ann, text, 'Delivered');
    await expectState(bob, 'Is there room?', 'Delivered');
    await ann.getByRole('alert').waitFor({ state: 'detached' });

    const back = await comeBack();
    await send(back, 'All is here.');
    await expectState(back, 'All is here.', 'Delivered');
    await judge(back, bob, [['While there is room.', text, 'All is here.'], ['Is there room?']]);
  },
);

test.skipIf(noSmallDisk)(
  'a page that is opened on a full disk has its profile, if need be once there is room, and nobody new in its place (fault 11)',
  async ({ stage }) => {
    const { disk, ann, bob, comeBack } = await fillDisk(stage);
    await send(ann, 'No room for this. '.repeat(500).trim());
    await expectAlert(ann, SENTENCE);
    await ann.reload();
    // It may find its profiles and not open one, and may even open it, as the browser makes some room of its own.
    const again = button(ann, 'Reload').or(button(ann, 'Ann'));
    await again.or(button(ann, 'Bob')).waitFor();

    disk.clear();
    if (await again.isVisible()) {
      await expectAlert(ann, SENTENCE);
      await again.click();
    }
    await open(ann, 'Bob');
    await expectMessage(ann, 'While there is room.');
    await send(ann, 'Room again.');
    await expectMessage(bob, 'Room again.');
    await expectState(ann, 'Room again.', 'Delivered');

    const back = await comeBack();
    await send(back, 'All is here.');
    await expectState(back, 'All is here.', 'Delivered');
    await judge(back, bob, [['While there is room.', 'Room again.', 'All is here.'], []]);
  },
);
