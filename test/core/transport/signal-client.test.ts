import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../signal/wire/bytes.ts';
import { CloseCode } from '../../../signal/wire/close-codes.ts';
import { MAX_MESSAGE_BYTES } from '../../../signal/wire/limits.ts';
import { Refused } from '../../../app/core/base/errors.ts';
import { eventually } from '../../parts/eventually.ts';
import { watchedClient, type Caller, type Watched } from '../../parts/fake-server.ts';

const someone = new Uint8Array(32).fill(3);
const lookup = { type: 'lookup', fingerprint: someone } as const;

// Waits are made short by hand; everything else runs as it does.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client that is signed in, and the server's end of its connection. */
async function signedIn(): Promise<Watched & { first: Caller }> {
  const watched = await watchedClient();
  watched.client.connect();
  const first = await watched.caller();
  await first.welcomes();
  expect(await watched.state()).toBe('connecting');
  expect(await watched.state()).toBe('connected');
  return { ...watched, first };
}

describe('signing in', () => {
  it('answers the challenge and learns what the server takes us for', async () => {
    const { client, caller, state } = await watchedClient();
    client.connect();
    const login = await (await caller()).welcomes('owner');
    const nonce = toBase64Url(new Uint8Array(32));
    expect(login).toEqual({
      type: 'login',
      version: 1,
      origin: 'http://a',
      card: nonce,
      signature: nonce,
      tickets: [],
    });
    await state();
    expect(await state()).toBe('connected');
    expect(client).toMatchObject({ role: 'owner', mayInvite: true, iceServers: [{ urls: 'stun:a.example' }] });
  });

  it('takes newer credentials for relays in place of those it has', async () => {
    const { client, caller, state } = await watchedClient();
    client.connect();
    const server = await caller();
    await state();
    await server.welcomes();
    await state();
    const newer = [{ urls: 'turn:a.example', username: 'later', credential: 'c' }];
    server.says({ type: 'ice', iceServers: newer });
    await expect.poll(() => client.iceServers).toEqual(newer);
  });

  it('gives up at a challenge of another version', async () => {
    const { client, caller, state, opened } = await watchedClient();
    client.connect();
    const first = await caller();
    first.says({ type: 'challenge', version: 2, nonce: toBase64Url(someone) });
    await state();
    expect(await state()).toBe('outdated');
    await first.closed;
    vi.advanceTimersByTime(120_000);
    expect(opened()).toBe(1);
  });

  it('hears later that a visitor was admitted', async () => {
    const { client, first, state } = await signedIn();
    first.says({ type: 'admitted', role: 'guest', mayInvite: false });
    expect(await state()).toBe('connected');
    expect(client).toMatchObject({ role: 'guest', mayInvite: false });
  });

  it('passes on presence and signals', async () => {
    const { first, told } = await signedIn();
    first.says({ type: 'presence', fingerprint: toBase64Url(someone), present: true });
    first.says({ type: 'signal', from: toBase64Url(someone), payload: 'AQID' });
    await vi.waitFor(() => expect(told).toHaveLength(4));
    expect(told.slice(2)).toEqual([
      ['presence', someone, true],
      ['signal', someone, Uint8Array.of(1, 2, 3)],
    ]);
  });
});

describe('a connection that is lost', () => {
  it.each([
    ['it breaks without a word', (caller: Caller) => caller.breaks()],
    ['the server fails', (caller: Caller) => caller.closes(CloseCode.serverError)],
    ['the server did not understand', (caller: Caller) => caller.closes(CloseCode.badMessage)],
    ['the server found us too slow', (caller: Caller) => caller.closes(CloseCode.tooSlow)],
    ['the server says what is no JSON', (caller: Caller) => caller.saysRaw('hello')],
    ['the server says what the protocol does not know', (caller: Caller) => caller.says({ type: 'reload' })],
    ['the server sends bytes', (caller: Caller) => caller.saysRaw(Uint8Array.of(1))],
    ['the server says too much', (caller: Caller) => caller.saysRaw(' '.repeat(MAX_MESSAGE_BYTES + 1))],
  ])('is made again after a wait if %s', async (_, lose) => {
    const { client, first, caller, state, opened } = await signedIn();
    lose(first);
    expect(await state()).toBe('connecting');
    await first.closed;
    vi.advanceTimersByTime(249);
    expect(opened()).toBe(1);
    vi.advanceTimersByTime(4_251);
    expect(opened()).toBe(2);
    await (await caller()).welcomes();
    await state();
    expect(await state()).toBe('connected');
    expect(client.state).toBe('connected');
  });

  it('is made again within ten seconds if the server stops, by each at a moment of their own', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { first, state, opened } = await signedIn();
    first.closes(CloseCode.goingAway);
    expect(await state()).toBe('connecting');
    await first.closed;
    // Half of the spread, and the wait that any lost connection has.
    vi.advanceTimersByTime(5_374);
    expect(opened()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(opened()).toBe(2);
    chance.mockRestore();
  });

  it('is noticed though nobody says so: a silent server is asked for a word, and left if it has none', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0);
    const { first, told, opened } = await signedIn();
    vi.advanceTimersByTime(59_999);
    first.says({ type: 'presence', fingerprint: toBase64Url(someone), present: true });
    await eventually(() => told.length === 3);
    vi.advanceTimersByTime(60_000);
    const asked = await first.hears();
    expect(asked).toMatchObject({ type: 'lookup', fingerprint: toBase64Url(new Uint8Array(32)) });
    vi.advanceTimersByTime(4_999);
    expect(opened()).toBe(1);
    vi.advanceTimersByTime(1 + 250);
    expect(opened()).toBe(2);
    chance.mockRestore();
  });

  it('is no such one if the server answers when it is asked, which is once at a time', async () => {
    const { client, first, opened } = await signedIn();
    for (let times = 0; times < 3; times++) client.check();
    const { ref } = await first.hears();
    first.says({ type: 'card', ref, card: null });
    // Answers come in order, so the first has come when this one has.
    const later = client.request(lookup);
    const next = await first.hears();
    expect(next.ref).toBe((ref as number) + 1);
    first.says({ type: 'card', ref: next.ref, card: null });
    await later;
    vi.advanceTimersByTime(30_000);
    expect(opened()).toBe(1);
  });

  it('is made again after the longest wait if the server found us too many', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { first, state, opened } = await signedIn();
    first.closes(CloseCode.tooMany);
    expect(await state()).toBe('connecting');
    await first.closed;
    vi.advanceTimersByTime(37_499);
    expect(opened()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(opened()).toBe(2);
    chance.mockRestore();
  });

  it('waits longer each time, and briefly again after it was signed in', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0);
    const { first, caller, state, opened } = await signedIn();
    first.breaks();
    for (const [failure, most] of [500, 1000, 2000, 4000].entries()) {
      expect(await state()).toBe('connecting');
      vi.advanceTimersByTime(most / 2 - 1);
      expect(opened()).toBe(failure + 1);
      vi.advanceTimersByTime(1);
      expect(opened()).toBe(failure + 2);
      expect(await state()).toBe('connecting');
      const next = await caller();
      if (failure < 3) next.breaks();
      else await next.welcomes();
    }
    expect(await state()).toBe('connected');
    chance.mockRestore();
  });

  it.each([
    ['denied', CloseCode.accessDenied],
    ['replaced', CloseCode.replaced],
    ['outdated', CloseCode.badVersion],
    ['rejected', CloseCode.badLogin],
  ] as const)('is given up as %s after code %i, until it is asked for again', async (final, code) => {
    const { client, first, caller, state, opened } = await signedIn();
    first.closes(code);
    expect(await state()).toBe(final);
    vi.advanceTimersByTime(600_000);
    client.hurry();
    expect(opened()).toBe(1);
    expect(client.state).toBe(final);
    client.connect();
    expect(await state()).toBe('connecting');
    await (await caller()).welcomes();
    expect(await state()).toBe('connected');
  });

  it('is made at once when there is reason to hurry, and only then', async () => {
    const { client, first, caller, state, opened } = await signedIn();
    client.hurry();
    expect(opened()).toBe(1);
    first.breaks();
    expect(await state()).toBe('connecting');
    client.hurry();
    expect(opened()).toBe(2);
    client.hurry();
    expect(opened()).toBe(2);
    await (await caller()).welcomes();
    await state();
    expect(await state()).toBe('connected');
    vi.advanceTimersByTime(60_000);
    expect(opened()).toBe(2);
  });

  it('is not made again once we have left', async () => {
    const { client, first, told, opened } = await signedIn();
    client.close();
    await first.closed;
    // Not even by those who doubt that the server is there, a moment later.
    client.check();
    client.hurry();
    vi.advanceTimersByTime(60_000);
    expect(opened()).toBe(1);
    expect(told).toHaveLength(2);
  });

  it('says nothing more once a newer one has taken its place', async () => {
    const { client, first, caller, state, told } = await signedIn();
    client.connect();
    expect(await state()).toBe('connecting');
    first.says({ type: 'presence', fingerprint: toBase64Url(someone), present: true });
    first.closes(CloseCode.replaced);
    await (await caller()).welcomes();
    expect(await state()).toBe('connected');
    await first.closed;
    expect(told.map(([what]) => what)).not.toContain('presence');
    expect(client.state).toBe('connected');
  });
});

describe('a request', () => {
  it('gets its own answer, in whatever order they come', async () => {
    const { client, first } = await signedIn();
    const asked = [client.request(lookup), client.request({ type: 'cancel', id: someone })];
    const [one, two] = [await first.hears(), await first.hears()];
    expect(one).toEqual({ type: 'lookup', ref: one.ref, fingerprint: toBase64Url(someone) });
    first.says({ type: 'done', ref: 999 });
    first.says({ type: 'done', ref: two.ref });
    first.says({ type: 'card', ref: one.ref, card: null });
    expect(await Promise.all(asked)).toEqual([
      { type: 'card', ref: one.ref, card: null },
      { type: 'done', ref: two.ref },
    ]);
  });

  it('that is refused throws the code of the refusal', async () => {
    const { client, first } = await signedIn();
    const asked = client.request(lookup);
    const { ref } = await first.hears();
    first.says({ type: 'refused', ref, code: 'not-found' });
    await expect(asked).rejects.toEqual(new Refused('not-found'));
    await expect(asked).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is given up after ten seconds without an answer, and a late answer does no harm', async () => {
    const { client, first } = await signedIn();
    const asked = client.request(lookup);
    const { ref } = await first.hears();
    const settled = vi.fn();
    asked.then(settled, settled);
    vi.advanceTimersByTime(9_999);
    await Promise.resolve();
    expect(settled).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await expect(asked).rejects.toMatchObject({ name: 'Unreachable' });
    first.says({ type: 'done', ref });
    const next = client.request(lookup);
    const { ref: nextRef } = await first.hears();
    first.says({ type: 'card', ref: nextRef, card: null });
    expect((await next).type).toBe('card');
  });

  it('is given up when the connection is lost', async () => {
    const { client, first } = await signedIn();
    const asked = client.request(lookup);
    await first.hears();
    first.breaks();
    await expect(asked).rejects.toMatchObject({ name: 'Unreachable' });
    await expect(client.request(lookup)).rejects.toMatchObject({ name: 'Unreachable' });
  });

  it('is refused before we are signed in, and a signal is dropped', async () => {
    const { client, caller, state } = await watchedClient();
    await expect(client.request(lookup)).rejects.toMatchObject({ name: 'Unreachable' });
    client.connect();
    const first = await caller();
    client.send({ type: 'signal', to: someone, payload: toBase64Url(someone) });
    await expect(client.request(lookup)).rejects.toMatchObject({ name: 'Unreachable' });
    await first.welcomes();
    await state();
    await state();
    client.send({ type: 'unwatch', peers: [] });
    expect(await first.hears()).toEqual({ type: 'unwatch', peers: [] });
  });
});
