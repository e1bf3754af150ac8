/** Somebody on the way, or the other side, wants less than was agreed: another suite, another mode, keys that are none. */
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { answer, complete, initiate } from '../../../app/core/session/handshake.ts';
import { decodeM2, decodeM2c, encodeM2, encodeM2c } from '../../../app/core/session/handshake-messages.ts';
import { decodeFrame, encodeFrame, type FrameKind } from '../../../app/core/transport/frames.ts';
import { encounter, shakeHands } from '../../parts/handshakes.ts';
import { identityOf } from '../../parts/identities.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';
import { openLinks } from '../../parts/open-links.ts';

const inviteId = randomBytes(32);
const psk = randomBytes(32);
let ann: Identity;
let bob: Identity;

beforeAll(async () => {
  [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
});

const put = (bytes: Bytes, at: number, what: Bytes) => concat(bytes.slice(0, at), what, bytes.slice(at + what.length));

describe('a suite', () => {
  it.each<[string, FrameKind, number]>([
    ['M1', 'm1', 2 + 1],
    ['M2', 'm2', 2 + 4],
  ])('that was changed in %s ends the link on both sides; nothing else is tried on it', async (_, kind, at) => {
    for (const suite of [0, 2, 255]) {
      const network = new MemoryNetwork();
      const commits: unknown[] = [];
      network.tamper = (frame) => (decodeFrame(frame)?.kind === kind ? [put(frame, at, u8(suite))] : [frame]);
      const met = openLinks('Ann', 'Bob', network, async (peer) => void commits.push(peer));
      await expect(met).rejects.toMatchObject({ code: kind === 'm1' ? 'version' : 'protocol' });
      const kinds = network.carried.map((frame) => decodeFrame(frame)?.kind);
      expect(kinds).toEqual(['m1', kind === 'm1' ? 'version-refused' : 'm2']);
      expect(commits).toEqual([]);
    }
  });

  it('is not renegotiated by whoever claims to speak another version', async () => {
    for (const version of [0, 2]) {
      const network = new MemoryNetwork();
      network.tamper = (frame) =>
        decodeFrame(frame)?.kind === 'm2' ? [encodeFrame('version-refused', u8(version))] : [frame];
      await expect(openLinks('Ann', 'Bob', network)).rejects.toMatchObject({ code: 'version' });
      expect(network.carried.map((frame) => decodeFrame(frame)?.kind)).toEqual(['m1', 'm2']);
    }
  });
});

describe('a mode', () => {
  const graft = (m1: Bytes) => put(m1, 2, concat(u8(1), inviteId));

  it('cannot be turned from pinned to invite on the way', async () => {
    expect(await shakeHands(encounter(ann, bob, { mode: 'pinned' }), { m1: graft })).toEqual({ refused: 'm1' });
  });

  it('cannot be another for each of the two, with or without the invite’s secret', async () => {
    const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
    for (const secret of [psk, undefined]) {
      const byInvite = { ...responder, mode: { mode: 'invite', inviteId }, psk: secret } as const;
      expect(await shakeHands({ initiator, responder: byInvite })).toEqual({ refused: 'm1' });
      expect(await shakeHands({ initiator, responder: byInvite }, { m1: graft })).toEqual({ refused: 'm2' });
    }
  });
});

describe('a public key', () => {
  const SMALL_ORDER = [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))];

  it('of small order is refused, from either side', async () => {
    const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
    const initiated = await initiate(initiator);
    for (const key of SMALL_ORDER) {
      expect(await answer(responder, put(initiated.m1, 35, key))).toBeUndefined();
      const { m2 } = (await answer(responder, initiated.m1))!;
      const { m2c, m2s } = decodeM2(m2)!;
      const weak = encodeM2(encodeM2c({ ...decodeM2c(m2c)!, ratchetKey: key }), m2s);
      const kem = { ...initiated.kem, secretKey: initiated.kem.secretKey.slice() };
      expect(await complete(initiator, { ...initiated, kem }, weak)).toBeUndefined();
    }
  });

  it('of ML-KEM whose coefficients are out of range is refused', async () => {
    const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
    const initiated = await initiate(initiator);
    expect(await answer(responder, put(initiated.m1, 67, new Uint8Array(1152).fill(255)))).toBeUndefined();
  });
});
