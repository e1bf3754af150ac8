import { describe, expect, test } from 'vitest';
import type { Timing } from '../../signal/server.ts';
import { openSqlite } from '../../signal/sqlite.ts';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import {
  CLOCK_TOLERANCE,
  MAX_INVITE_LIFETIME,
  MAX_INVITE_NOTE_BYTES,
  MAX_LIVE_INVITES,
} from '../../signal/wire/limits.ts';
import { OpenedInvite, decodeMessage } from '../../signal/wire/messages.ts';
import { nextBeat } from './beat.ts';
import { Client, DAY, makeTicket, person, random32, signAcceptance, startServer, temporaryFolder } from './client.ts';
import { toBase64Url, type Bytes } from '../../signal/wire/bytes.ts';

const NO_NOTE = new Uint8Array(0);

async function openInvite(origin: string, ticket: Bytes): Promise<OpenedInvite | number> {
  const response = await fetch(`${origin}/invites`, { headers: { Authorization: `Invite ${toBase64Url(ticket)}` } });
  return response.ok ? decodeMessage(OpenedInvite, await response.text())! : response.status;
}

async function stage(timing: Partial<Timing> = {}) {
  const clock = { now: Date.now() };
  const { origin } = await startServer({}, { now: () => clock.now, timing });
  const [ann, bob, cat] = await Promise.all([person('ann'), person('bob'), person('cat')]);
  const inviter = await Client.enter(origin, ann);
  const { ticket, id } = await makeTicket();
  const expiry = clock.now + 7 * DAY;
  const invite = (changes: { id?: Bytes; expiry?: number; note?: Bytes } = {}) =>
    inviter.request({ type: 'invite', id, expiry, note: NO_NOTE, ...changes });
  const accept = async (guest: Bytes, signature?: Bytes) =>
    inviter.request({ type: 'accept', id, guest, signature: signature ?? (await signAcceptance(ann, id, guest)) });
  return { clock, origin, ann, bob, cat, inviter, ticket, id, expiry, invite, accept };
}

describe('an invite', () => {
  test('is opened with its ticket, which spends nothing', async () => {
    const { origin, ann, ticket, expiry, invite } = await stage();
    const note = random32();
    expect(await invite({ note })).toBe('done');
    const opened = { inviter: ann.fingerprint, expiry, note, usedBy: null, knock: false };
    expect(await openInvite(origin, ticket)).toEqual(opened);
    expect(await openInvite(origin, ticket)).toEqual(opened);
  });

  test('may be stored twice the same, but not otherwise, nor by anyone else', async () => {
    const { origin, bob, id, expiry, invite } = await stage();
    expect(await invite()).toBe('done');
    expect(await invite()).toBe('done');
    expect(await invite({ expiry: expiry + 1 })).toBe('not-allowed');
    expect(await invite({ note: random32() })).toBe('not-allowed');
    const other = await Client.enter(origin, bob);
    expect(await other.request({ type: 'invite', id, expiry, note: NO_NOTE })).toBe('not-allowed');
  });

  test('that is hidden is opened, accepted and counted as before', async () => {
    const { origin, ann, bob, ticket, id, expiry, inviter, invite, accept } = await stage();
    await invite();
    expect(await inviter.request({ type: 'hide', id })).toBe('done');
    expect(await openInvite(origin, ticket)).toEqual({
      inviter: ann.fingerprint,
      expiry,
      note: NO_NOTE,
      usedBy: null,
      knock: false,
    });
    expect(await accept(bob.fingerprint)).toBe('done');
    expect(await openInvite(origin, ticket)).toMatchObject({ usedBy: bob.fingerprint });
  });

  test('is spent by the guest whom its maker accepts', async () => {
    const { origin, bob, cat, ticket, invite, accept } = await stage();
    await invite();
    expect(await accept(bob.fingerprint)).toBe('done');
    expect(await openInvite(origin, ticket)).toMatchObject({ usedBy: bob.fingerprint });
    expect(await accept(bob.fingerprint)).toBe('done');
    expect(await accept(cat.fingerprint)).toBe('not-allowed');
    expect(await openInvite(origin, ticket)).toMatchObject({ usedBy: bob.fingerprint });
  });

  test("is not spent by a signature that is not its maker's, or is for something else", async () => {
    const { origin, ann, bob, cat, id, ticket, invite, accept } = await stage();
    await invite();
    expect(await accept(bob.fingerprint, await signAcceptance(bob, id, bob.fingerprint))).toBe('bad-signature');
    expect(await accept(bob.fingerprint, await signAcceptance(ann, id, cat.fingerprint))).toBe('bad-signature');
    expect(await accept(bob.fingerprint, await signAcceptance(ann, random32(), bob.fingerprint))).toBe('bad-signature');
    expect(await openInvite(origin, ticket)).toMatchObject({ usedBy: null });
  });

  test('is not spent on its maker', async () => {
    const { ann, invite, accept } = await stage();
    await invite();
    expect(await accept(ann.fingerprint)).toBe('not-allowed');
  });

  test('is neither spent nor cancelled by anyone but its maker', async () => {
    const { origin, bob, cat, id, ticket, invite } = await stage();
    await invite();
    const other = await Client.enter(origin, bob);
    const signature = await signAcceptance(bob, id, cat.fingerprint);
    expect(await other.request({ type: 'accept', id, guest: cat.fingerprint, signature })).toBe('not-found');
    expect(await other.request({ type: 'cancel', id })).toBe('not-found');
    expect(await openInvite(origin, ticket)).toMatchObject({ usedBy: null });
  });

  test('is gone once cancelled', async () => {
    const { origin, bob, id, ticket, inviter, invite, accept } = await stage();
    await invite();
    expect(await inviter.request({ type: 'cancel', id })).toBe('done');
    expect(await openInvite(origin, ticket)).toBe(404);
    expect(await accept(bob.fingerprint)).toBe('not-found');
    expect(await inviter.request({ type: 'cancel', id })).toBe('not-found');
  });

  test('opens until it expires', async () => {
    const { clock, origin, bob, ticket, expiry, invite, accept } = await stage();
    await invite();
    clock.now = expiry - 1;
    expect(await openInvite(origin, ticket)).toMatchObject({ usedBy: null });
    clock.now = expiry;
    expect(await openInvite(origin, ticket)).toBe(404);
    expect(await accept(bob.fingerprint)).toBe('expired');
  });

  test('is forgotten a day after its expiry, though nobody does anything', async () => {
    const { clock, bob, inviter, expiry, invite, accept } = await stage({ pingInterval: 250 });
    await invite();
    clock.now = expiry + CLOCK_TOLERANCE - 1;
    await nextBeat(inviter);
    expect(await accept(bob.fingerprint)).toBe('expired');
    clock.now = expiry + CLOCK_TOLERANCE;
    await nextBeat(inviter);
    expect(await accept(bob.fingerprint)).toBe('not-found');
  });

  test('that the disk will not let go of disturbs nobody', async () => {
    const sqlite = openSqlite(temporaryFolder());
    const { origin } = await startServer({}, { sqlite, timing: { pingInterval: 250 } });
    const ann = await person('ann');
    const client = await Client.enter(origin, ann);
    sqlite.exec('DROP TABLE invites');
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
  });

  test('lives at most MAX_INVITE_LIFETIME, by a clock that may be a day off', async () => {
    const { clock, invite } = await stage();
    const longest = clock.now + MAX_INVITE_LIFETIME + CLOCK_TOLERANCE;
    expect(await invite({ id: random32(), expiry: longest - 1 })).toBe('done');
    expect(await invite({ id: random32(), expiry: longest })).toBe('done');
    expect(await invite({ id: random32(), expiry: longest + 1 })).toBe('not-allowed');
    expect(await invite({ id: random32(), expiry: clock.now + 1 })).toBe('done');
    expect(await invite({ id: random32(), expiry: clock.now })).toBe('expired');
  });

  test('is one of at most MAX_LIVE_INVITES; used, expired and cancelled ones make room', async () => {
    const { clock, bob, inviter, invite, accept } = await stage();
    expect(await invite()).toBe('done');
    expect(await invite({ id: random32(), expiry: clock.now + DAY })).toBe('done');
    for (let i = 2; i < MAX_LIVE_INVITES; i++) expect(await invite({ id: random32() })).toBe('done');
    expect(await invite({ id: random32() })).toBe('too-many');
    expect(await accept(bob.fingerprint)).toBe('done');
    const cancelled = random32();
    expect(await invite({ id: cancelled })).toBe('done');
    expect(await invite({ id: random32() })).toBe('too-many');
    expect(await inviter.request({ type: 'cancel', id: cancelled })).toBe('done');
    expect(await invite({ id: random32() })).toBe('done');
    expect(await invite({ id: random32() })).toBe('too-many');
    clock.now += DAY;
    expect(await invite({ id: random32() })).toBe('done');
    expect(await invite({ id: random32() })).toBe('too-many');
  });

  test('carries a note of MAX_INVITE_NOTE_BYTES and no more', async () => {
    const { inviter, invite } = await stage();
    for (const size of [MAX_INVITE_NOTE_BYTES - 1, MAX_INVITE_NOTE_BYTES]) {
      expect(await invite({ id: random32(), note: new Uint8Array(size) })).toBe('done');
    }
    const tooLong = new Uint8Array(MAX_INVITE_NOTE_BYTES + 1);
    inviter.send({ type: 'invite', ref: 1, id: random32(), expiry: Date.now() + DAY, note: tooLong });
    expect(await inviter.closed).toBe(CloseCode.badMessage);
  });
});

describe('a spent invite on an open server', () => {
  test('changes nothing for its guest, who was anyone and still is', async () => {
    const { origin, bob, invite, accept } = await stage();
    const guest = await Client.enter(origin, bob);
    await invite();
    await accept(bob.fingerprint);
    await guest.settle();
    expect(guest.inbox).toEqual([]);
  });
});
