import { describe, expect, it } from 'vitest';
import { Inbox, MAX_INBOX_BYTES, MAX_INBOX_FRAMES } from '../../../app/core/transport/inbox.ts';
import { MAX_FRAME_BYTES } from '../../../app/core/transport/frames.ts';

describe('an inbox', () => {
  it('gives frames back in the order they came, to a reader before or after them', async () => {
    const inbox = new Inbox();
    const early = inbox.read();
    for (const byte of [1, 2, 3]) expect(inbox.push(Uint8Array.of(byte))).toBe(true);
    expect(await early).toEqual(Uint8Array.of(1));
    expect(await inbox.read()).toEqual(Uint8Array.of(2));
    expect(await inbox.read()).toEqual(Uint8Array.of(3));
  });

  it('holds so many bytes, not one more, and as many again once they were read (fault 17)', async () => {
    const inbox = new Inbox();
    const frame = new Uint8Array(MAX_FRAME_BYTES);
    for (let held = 0; held < MAX_INBOX_BYTES; held += MAX_FRAME_BYTES) expect(inbox.push(frame)).toBe(true);
    expect(inbox.push(Uint8Array.of(1))).toBe(false);
    await inbox.read();
    expect(inbox.push(frame.slice(1))).toBe(true);
    expect(inbox.push(Uint8Array.of(1))).toBe(true);
    expect(inbox.push(Uint8Array.of(1))).toBe(false);
  });

  it('holds so many frames, not one more, however small, and as many again once they were read (fault 17)', async () => {
    const inbox = new Inbox();
    const frame = new Uint8Array(2);
    for (let held = 0; held < MAX_INBOX_FRAMES; held++) expect(inbox.push(frame)).toBe(true);
    expect(inbox.push(frame)).toBe(false);
    for (let taken = 0; taken < MAX_INBOX_FRAMES; taken++) expect(await inbox.read()).toEqual(frame);
    for (let held = 0; held < MAX_INBOX_FRAMES; held++) expect(inbox.push(frame)).toBe(true);
    expect(inbox.push(frame)).toBe(false);
  });

  it('once closed gives what is left, then nothing, and takes no more', async () => {
    const inbox = new Inbox();
    inbox.push(Uint8Array.of(1));
    inbox.close();
    expect(inbox.push(Uint8Array.of(2))).toBe(false);
    expect(await inbox.read()).toEqual(Uint8Array.of(1));
    expect(await inbox.read()).toBeUndefined();
    expect(await inbox.read()).toBeUndefined();
  });

  it('wakes its reader when it closes', async () => {
    const inbox = new Inbox();
    const reading = inbox.read();
    inbox.close();
    expect(await reading).toBeUndefined();
  });
});
