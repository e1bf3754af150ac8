/**
 * What somebody whom we know may signal: candidates in any JSON, floods, and dials that never end. Only texts reach the link,
 * in bounded number, and a dial has its time.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Listeners } from '../../../app/core/base/listeners.ts';
import { Dial } from '../../../app/core/chat/dial.ts';
import type { ProvenPeer } from '../../../app/core/session/handshake.ts';
import { decodeSignal, dialPinned, sealSignal, type DialKeys } from '../../../app/core/session/signaling.ts';
import { decodeFrame, type FrameKind } from '../../../app/core/transport/frames.ts';
import type { Link, LinkSignal } from '../../../app/core/transport/link.ts';
import { eventually } from '../../parts/eventually.ts';
import { identityOf } from '../../parts/identities.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';
import { openLinks } from '../../parts/open-links.ts';

afterEach(() => vi.useRealTimers());

/** Bob answers a dial of Ann's, whose payloads the test makes; what reaches his link is kept, and goes no further. */
async function answering() {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const keys = await dialPinned({ us: ann, them: bob.card.fingerprint }, bob.card);
  const reached: LinkSignal[] = [];
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const link: Link = {
    opened: new Promise(() => undefined),
    closed,
    signal: (signal) => void reached.push(signal),
    read: () => closed.then(() => undefined),
    write: () => Promise.resolve(),
    path: () => Promise.resolve(undefined),
    silent: new Listeners(),
    close: () => close(),
  };
  const theirs: DialKeys = { ...keys, role: 'answerer' };
  const parts = {
    means: { identity: bob, openLink: () => link, iceServers: () => [], now: Date.now },
    them: ann.card.fingerprint,
    keys: theirs,
    psk: undefined,
    pinned: ann.card,
    send: () => undefined,
    commit: () => Promise.reject(new Error('nothing was proved')),
  };
  const dial = new Dial(parts, { type: 'offer', text: 'v=0' });
  dial.established.catch(() => undefined);
  /** Ann signals candidates. */
  const signal = async (text: string) => {
    const parties = { us: ann, them: bob.card.fingerprint };
    dial.receive(decodeSignal((await sealSignal(parties, keys, { type: 'candidates', text }))!)!);
  };
  const candidates = () => reached.filter(({ type }) => type === 'candidate').map(({ text }) => text);
  return { dial, signal, candidates };
}

describe('candidates that somebody signals', () => {
  it('reach the link as texts, or not at all, whatever JSON they are', async () => {
    const { dial, signal, candidates } = await answering();
    for (const text of [
      '{"__proto__":["a"]}',
      '{"0":"a","length":1}',
      '"a"',
      'null',
      '',
      '[',
      '["a"',
      '\ud800',
      '['.repeat(5000) + ']'.repeat(5000),
      JSON.stringify(Array(65).fill('a')),
      '[1,true,null,{"candidate":"a"},["a"],{"__proto__":{"polluted":true}}]',
    ]) {
      await signal(text);
    }
    await signal('["sound","\\ud800",{},"__proto__"]');
    await eventually(() => candidates().length >= 3);
    expect(candidates()).toEqual(['sound', '\ud800', '__proto__']);
    expect('polluted' in {}).toBe(false);
    dial.abort();
  });

  it('are read from 128 payloads of a dial, and no more', async () => {
    const { dial, signal, candidates } = await answering();
    for (let count = 0; count < 140; count++) await signal(`["${count}"]`);
    await eventually(() => candidates().length >= 128);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(candidates()).toHaveLength(128);
    dial.abort();
  });
});

describe('a handshake that never ends', () => {
  it.each<FrameKind>(['m1', 'm2', 'm3', 'envelope'])(
    'for want of its %s is given up after 20 seconds',
    async (kind) => {
      const [network, proven] = [new MemoryNetwork(), [] as ProvenPeer[]];
      let lost = false;
      network.tamper = (frame) => {
        if (decodeFrame(frame)?.kind !== kind) return [frame];
        lost = true;
        return [];
      };
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      let ended: unknown;
      const met = openLinks('Ann', 'Bob', network, async (peer) => void proven.push(peer));
      met.catch((error: unknown) => (ended = error));
      await eventually(() => {
        vi.advanceTimersByTime(0);
        return lost;
      });
      vi.advanceTimersByTime(19_000);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(ended).toBeUndefined();
      vi.advanceTimersByTime(1_000);
      await eventually(() => ended !== undefined);
      expect(ended).toMatchObject({ code: expect.stringMatching(/timeout|closed/) as string });
      // The one who has had M3 knows whom they met; nobody else does.
      expect(proven.map(({ name }) => name)).toEqual(kind === 'envelope' ? ['Ann'] : []);
    },
  );
});
