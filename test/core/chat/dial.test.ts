/** One dial that answers, and what the other side may make it do. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dial } from '../../../app/core/chat/dial.ts';
import { decodeSignal, dialPinned, answerDial, sealSignal, type Signal } from '../../../app/core/session/signaling.ts';
import type { LinkSignal, OpenLink } from '../../../app/core/transport/link.ts';
import { identityOf } from '../../parts/identities.ts';

const MAX_CANDIDATES = 64;
const MAX_SIGNALS = 128;

/** Ann answers a dial of Bob's over a link that never opens. @returns what her link is told, and how Bob tells her. */
async function answering() {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const told: LinkSignal[] = [];
  const openLink: OpenLink = () => ({
    opened: new Promise<never>(() => undefined),
    closed: new Promise<never>(() => undefined),
    signal: (signal) => void told.push(signal),
    read: () => Promise.resolve(undefined),
    write: () => Promise.resolve(),
    route: () => Promise.resolve('direct'),
    close: () => undefined,
  });
  const bobs = { us: bob, them: ann.card.fingerprint };
  const keys = await dialPinned(bobs, ann.card);
  const offer: Signal = { type: 'offer', text: 'sdp' };
  const sealed = decodeSignal((await sealSignal(bobs, keys, offer))!)!;
  const dial = new Dial(
    {
      means: { identity: ann, openLink, iceServers: () => [], now: Date.now },
      them: bob.card.fingerprint,
      keys: (await answerDial({ us: ann, them: bob.card.fingerprint }, sealed, undefined))!,
      psk: undefined,
      pinned: bob.card,
      send: () => undefined,
      commit: async () => undefined,
    },
    offer,
  );
  onTestFinished(() => dial.abort());
  const tell = async (...candidates: string[]) => {
    const signal: Signal = { type: 'candidates', text: JSON.stringify(candidates) };
    dial.receive(decodeSignal((await sealSignal(bobs, keys, signal))!)!);
  };
  const candidates = () => told.filter(({ type }) => type === 'candidate').map(({ text }) => text);
  return { tell, candidates };
}

describe('the candidates of a dial', () => {
  it('are taken up to 64 in one payload; of more, none', async () => {
    const { tell, candidates } = await answering();
    const many = Array.from({ length: MAX_CANDIDATES + 1 }, (_, index) => `${index}`);
    await tell(...many);
    await tell('last of all');
    await expect.poll(candidates).toContain('last of all');
    expect(candidates()).toEqual(['last of all']);
    await tell(...many.slice(1));
    await expect.poll(() => candidates().length).toBe(1 + MAX_CANDIDATES);
  });

  it('are taken from 128 payloads, and from no more', async () => {
    const { tell, candidates } = await answering();
    for (let index = 0; index < MAX_SIGNALS + 3; index++) await tell(`${index}`);
    await expect.poll(() => candidates().length).toBeGreaterThanOrEqual(MAX_SIGNALS);
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(candidates()).toHaveLength(MAX_SIGNALS);
  });
});
