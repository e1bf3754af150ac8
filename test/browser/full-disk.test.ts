/** A disk that is really full: Chromium then closes its databases under the pages that have them open. */
import { expect } from 'vitest';
import {
  createInvite,
  expectAlert,
  expectConversation,
  expectMessage,
  expectState,
  join,
  messages,
  open,
  press,
  send,
  start,
  textbox,
} from './journey.ts';
import { judge } from './records.ts';
import { noSmallDisk } from './small-disk.ts';
import { test } from './test.ts';

const MEGABYTES = 96;
const SENTENCE = 'This browser could not reach its storage. Free some disk space if there is none left';

if (noSmallDisk) console.warn(noSmallDisk);

test.skipIf(noSmallDisk)(
  'on a full disk a page says so and keeps what was written in its box; with room again all goes on (fault 11)',
  async ({ stage }) => {
    const server = await stage.server();
    const disk = await stage.disk(MEGABYTES);
    const ann = await stage.page(await stage.browser(disk.folder), server.url);
    await start(ann, 'Ann');
    const bob = await (await stage.browser()).newPage();
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await send(ann, 'While there is room.');
    await expectState(ann, 'While there is room.', 'Delivered');
    disk.fill();

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
    await judge(ann, bob, [['While there is room.', text], ['Is there room?']]);
  },
);

test.skipIf(noSmallDisk)(
  'a profile that does not open on a full disk is there again once there is room, and nobody new in its place (fault 11)',
  async ({ stage }) => {
    const server = await stage.server();
    const disk = await stage.disk(MEGABYTES);
    const ann = await stage.page(await stage.browser(disk.folder), server.url);
    await start(ann, 'Ann');
    const bob = await (await stage.browser()).newPage();
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await send(ann, 'While there is room.');
    await expectState(ann, 'While there is room.', 'Delivered');
    disk.fill();
    await send(ann, 'No room for this. '.repeat(500).trim());
    await expectAlert(ann, SENTENCE);
    // Again, as the browser may have made some room of its own.
    disk.fill();
    await ann.reload();
    await expectAlert(ann, SENTENCE);

    disk.clear();
    await press(ann, 'Reload');
    await open(ann, 'Bob');
    await expectMessage(ann, 'While there is room.');
    await send(ann, 'Room again.');
    await expectMessage(bob, 'Room again.');
    await expectState(ann, 'Room again.', 'Delivered');
    await judge(ann, bob, [['While there is room.', 'Room again.'], []]);
  },
);
