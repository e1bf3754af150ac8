/** One dial, and what the other side may make it do before and after its signature was verified. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Listeners } from '../../../app/core/base/listeners.ts';
import { Dial } from '../../../app/core/chat/dial.ts';
import {
  answerDial,
  decodeSignal,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
  type Signal,
} from '../../../app/core/session/signaling.ts';
import type { LinkSignal, OpenLink } from '../../../app/core/transport/link.ts';
import { identityOf } from '../../parts/identities.ts';

const MAX_CANDIDATES = 64;
const MAX_SIGNALS = 128;

/** A link that never opens. @returns what it is told, and how it finds things to tell. */
function heldLink() {
  const told: LinkSignal[] = [];
  const found: { tell: (signal: LinkSignal) => void } = { tell: () => undefined };
  const openLink: OpenLink = ({ onsignal }) => {
    found.tell = onsignal;
    return {
      opened: new Promise<never>(() => undefined),
      closed: new Promise<never>(() => undefined),
      signal: (signal) => void told.push(signal),
      read: () => Promise.resolve(undefined),
      write: () => Promise.resolve(),
      path: () => Promise.resolve(undefined),
      silent: new Listeners(),
      close: () => undefined,
    };
  };
  const candidates = () => told.filter(({ type }) => type === 'candidate').map(({ text }) => text);
  return { told, candidates, found, openLink };
}

const candidate = (text: string): LinkSignal => ({ type: 'candidate', text });
const candidatesOf = (...texts: string[]): Signal => ({ type: 'candidates', text: JSON.stringify(texts) });
const offer: Signal = { type: 'offer', text: 'an offer' };

/** Lets everything that was begun come to its end. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Ann answers a dial of Bob's. */
async function answering() {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const { openLink, candidates } = heldLink();
  const bobs = { us: bob, them: ann.card.fingerprint };
  const keys = await dialPinned(bobs, ann.card);
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
  const tell = async (...texts: string[]) =>
    dial.receive(decodeSignal((await sealSignal(bobs, keys, candidatesOf(...texts)))!)!);
  return { tell, candidates };
}

/** Ann dials Bob. @returns her dial, what it sent as Bob opens it, and how Bob, or Eve in his name, answers. */
async function dialling() {
  const [ann, bob, eve] = [await identityOf('Ann'), await identityOf('Bob'), await identityOf('Eve')];
  const { openLink, candidates, found, told } = heldLink();
  const sent: string[] = [];
  const anns = { us: ann, them: bob.card.fingerprint };
  const bobs = { us: bob, them: ann.card.fingerprint };
  const keys = await dialPinned(anns, bob.card);
  const theirs: DialKeys = { ...keys, role: 'answerer' };
  const dial = new Dial({
    means: { identity: ann, openLink, iceServers: () => [], now: Date.now },
    them: bob.card.fingerprint,
    keys,
    psk: undefined,
    pinned: bob.card,
    send: (payload) =>
      void openSignal(bobs, theirs, decodeSignal(payload)!, ann.card).then((opened) => {
        sent.push(`${opened!.signal.type} ${opened!.signal.text}`);
      }),
    commit: async () => undefined,
  });
  onTestFinished(() => dial.abort());
  const answer = async (signal: Signal, by = bob) =>
    dial.receive(decodeSignal((await sealSignal({ ...bobs, us: { ...bob, signKey: by.signKey } }, theirs, signal))!)!);
  return { sent, told, candidates, find: (signal: LinkSignal) => found.tell(signal), answer, eve };
}

describe('before the other side has proved who it is', () => {
  it('no address of ours leaves, and none of theirs is tried (fault 23)', async () => {
    const { sent, told, candidates, find, answer, eve } = await dialling();
    const { signKey } = await identityOf('Ann');
    const sign = vi.spyOn(crypto.subtle, 'sign');
    onTestFinished(() => sign.mockRestore());
    /** What she had begun to seal when she was first told of an answer that verified. */
    let sealed: number | undefined;
    told.push = (signal) => {
      sealed ??= sign.mock.calls.filter(([, key]) => key === signKey).length;
      return Array.prototype.push.call(told, signal);
    };
    find({ type: 'offer', text: 'an offer' });
    find(candidate('ours'));
    await answer({ type: 'answer', text: 'a forged answer' }, eve);
    await answer(candidatesOf('theirs, too early'));
    await expect.poll(() => sent).toEqual(['offer an offer']);
    await turns();
    expect([sent.length, candidates()]).toEqual([1, []]);
    await answer({ type: 'answer', text: 'an answer' });
    await expect.poll(() => sealed).toBe(1);
    await answer(candidatesOf('theirs'));
    await expect.poll(candidates).toEqual(['theirs']);
    await expect.poll(() => sent).toEqual(['offer an offer', 'candidates ["ours"]']);
  });

  it('and after that, no second answer is taken', async () => {
    const { told, find, answer } = await dialling();
    find({ type: 'offer', text: 'an offer' });
    for (const text of ['one', 'two']) await answer({ type: 'answer', text });
    await answer(candidatesOf('theirs'));
    await expect.poll(() => told.map(({ text }) => text)).toContain('theirs');
    expect(told.map(({ text }) => text)).toEqual(['one', 'theirs']);
  });
});

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
    await turns();
    expect(candidates()).toHaveLength(MAX_SIGNALS);
  });
});
