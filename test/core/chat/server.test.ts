/** What we take from our server, and what we do not. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import { Server } from '../../../app/core/chat/server.ts';
import { fakeServer } from '../../parts/fake-server.ts';
import { cardOf, DAY, identityOf, NOW } from '../../parts/identities.ts';

/** What a look-up of Bob makes of the card that the server gives. */
async function lookUpOfBob(given: Bytes | undefined): Promise<Bytes | 'another' | undefined> {
  const { openSocket, caller } = await fakeServer();
  const server = new Server({
    identity: await identityOf('Ann'),
    origin: 'http://a',
    openSocket,
    tickets: () => [],
    now: () => NOW,
    onstate: () => undefined,
    onpresence: () => undefined,
    onsignal: () => undefined,
    onmail: () => undefined,
  });
  onTestFinished(() => server.close());
  server.connect();
  const first = await caller();
  await first.welcomes();
  await expect.poll(() => server.state).toBe('connected');
  const bob = await identityOf('Bob');
  const looking = server.lookUp(bob.card.fingerprint);
  const { ref } = await first.hears();
  first.says({ type: 'card', ref, card: given ? toBase64Url(given) : null });
  const found = await looking;
  return found === 'another' ? found : found?.bytes;
}

describe('the card that a look-up brings', () => {
  it('is the one asked for', async () => {
    const { card } = await identityOf('Bob');
    expect(await lookUpOfBob(card.bytes)).toEqual(card.bytes);
  });

  it('is none if the server has none, or gives one that is no card', async () => {
    const { card } = await identityOf('Bob');
    for (const given of [undefined, card.bytes.slice(1)]) expect(await lookUpOfBob(given)).toBeUndefined();
  });

  it('is never the card of somebody else, however good', async () => {
    expect(await lookUpOfBob((await identityOf('Eve')).card.bytes)).toBe('another');
  });

  it('is not one that has run out', async () => {
    expect(await lookUpOfBob(await cardOf('Bob', { until: NOW - DAY - 1 }))).toBeUndefined();
  });
});
