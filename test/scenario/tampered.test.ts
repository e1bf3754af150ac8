/** Somebody on the way alters, repeats, swaps or swallows frames: the link ends, nothing is taken, and the next one delivers. */
import { describe, expect, it } from 'vitest';
import { concat, type Bytes } from '../../signal/wire/bytes.ts';
import { decodeFrame, MAX_FRAME_BYTES, type FrameKind } from '../../app/core/transport/frames.ts';
import { twoDevices } from '../parts/acquainted.ts';
import { flipBit } from '../parts/arbitrary.ts';
import type { MemoryNetwork, Tamper } from '../parts/memory-link.ts';
import { connected, conversation, delivered, invite, meet, onPage, openChat, signIn, until } from '../parts/people.ts';

/** Does something to the n-th frame of a kind, and to no other. */
function once(kind: FrameKind, n: number, change: (frame: Bytes) => Bytes[]): Tamper & { done: () => boolean } {
  let seen = 0;
  const tamper = (frame: Bytes) => (decodeFrame(frame)?.kind === kind && ++seen === n ? change(frame) : [frame]);
  return Object.assign(tamper, { done: () => seen >= n });
}

describe('an envelope on its way', () => {
  it.each<[string, (frame: Bytes) => Bytes[]]>([
    ['has a bit flipped in its header', (frame) => [flipBit(frame, 8 * 20)]],
    ['has a bit flipped in its wrapped key', (frame) => [flipBit(frame, 8 * 100)]],
    ['has a bit flipped in its ciphertext', (frame) => [flipBit(frame, 8 * frame.length - 1)]],
    ['is cut short', (frame) => [frame.slice(0, -1)]],
    ['is emptied', () => [new Uint8Array(0)]],
    ['comes twice', (frame) => [frame, frame]],
    ['is called an M1', (frame) => [concat(Uint8Array.of(1, 0), frame.slice(2))]],
    ['comes after a frame of an unknown kind', (frame) => [Uint8Array.of(1, 9), frame]],
    ['comes after garbage', (frame) => [crypto.getRandomValues(new Uint8Array(500)), frame]],
    ['comes after a frame that is too long', (frame) => [new Uint8Array(MAX_FRAME_BYTES + 1), frame]],
    ['is swallowed, and the next one comes', () => []],
  ])('%s: the link ends, nothing of it is taken, and the next link brings everything once', async (_, change) => {
    const { anns, bobs, oracle, network, place } = await twoDevices();
    const { ann, bob } = await meet(place, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await ann.send(bobId, 'one');
    await delivered(ann, bobId);
    const tamper = once('envelope', 1, change);
    network.tamper = tamper;
    await ann.send(bobId, 'two');
    await ann.send(bobId, 'three');
    await until(ann, () => tamper.done());
    await oracle.judge();
    await bob.send(annId, 'four');
    await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
    await oracle.judge([['one', 'two', 'three'], ['four']]);
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    expect(conversation(bob, annId)?.trouble).toBeUndefined();
  });

  it('is put in the place of one that another link carried: it is refused, and the next link delivers', async () => {
    const { anns, bobs, oracle, network, place } = await twoDevices();
    const { ann, bob } = await meet(place, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await ann.send(bobId, 'one');
    await delivered(ann, bobId);
    const old = network.carried.filter((frame) => decodeFrame(frame)?.kind === 'envelope');
    network.cut();
    await until(ann, () => conversation(ann, bobId)?.connection !== 'direct');
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    const tamper = once('envelope', 1, () => old);
    network.tamper = tamper;
    await ann.send(bobId, 'two');
    await delivered(ann, bobId);
    expect(tamper.done()).toBe(true);
    await oracle.judge([['one', 'two'], []]);
  });
});

describe('a handshake at first contact', () => {
  it.each<[string, FrameKind, (frame: Bytes, network: MemoryNetwork) => Bytes[]]>([
    ['M1 is altered', 'm1', (frame) => [flipBit(frame, 8 * 200)]],
    ['M2 is altered', 'm2', (frame) => [flipBit(frame, 8 * 2000)]],
    ['M3 is altered', 'm3', (frame) => [flipBit(frame, 8 * 1000)]],
    ['Finished is altered', 'envelope', (frame) => [flipBit(frame, 8 * 600)]],
    ['M3 is lost with the link', 'm3', (_, network) => (network.cut(), [])],
    ['Finished is lost with the link', 'envelope', (_, network) => (network.cut(), [])],
    ['the link is lost just after M3', 'm3', (frame, network) => (queueMicrotask(() => network.cut()), [frame])],
  ])('in which %s is made good by the next, and strands nobody', async (_, kind, change) => {
    const { anns, bobs, oracle, network, place } = await twoDevices();
    const tamper = once(kind, 1, (frame) => change(frame, network));
    network.tamper = tamper;
    const { ann, bob } = await meet(place, anns, bobs);
    expect(tamper.done()).toBe(true);
    expect(ann.invites).toEqual([]);
    expect(ann.notices).toEqual([]);
    await Promise.all([ann.send(bob.fingerprint, 'hello'), bob.send(ann.fingerprint, 'hi')]);
    await Promise.all([delivered(ann, bob.fingerprint), delivered(bob, ann.fingerprint)]);
    await oracle.judge([['hello'], ['hi']]);
  });

  it('carries no content before the inviter has finished', async () => {
    const { anns, bobs, network, place } = await twoDevices();
    const [ann, bob] = [await openChat(anns, place), await openChat(bobs, place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    await bob.send(ann.fingerprint, 'written before we met');
    const envelopes = () => network.carried.filter((frame) => decodeFrame(frame)?.kind === 'envelope').length;
    network.tamper = once('envelope', 1, () => []);
    // Ann has finished, and Bob does not know it yet.
    await connected(ann, bob.fingerprint);
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(envelopes()).toBe(1);
    expect(conversation(bob, ann.fingerprint)?.invited).toBe(true);
    network.cut();
    await delivered(bob, ann.fingerprint);
    expect(envelopes()).toBeGreaterThan(1);
  });

  it('with somebody of another version ends with a word to both, and takes nothing', async () => {
    const { anns, bobs, network, place } = await twoDevices();
    const { ann, bob } = await meet(place, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    network.tamper = (frame) =>
      decodeFrame(frame)?.kind === 'm1' ? [concat(frame.slice(0, 2), Uint8Array.of(2), frame.slice(3))] : [frame];
    network.cut();
    await until(ann, () => onPage(conversation(ann, bobId)?.trouble).includes('different versions'));
    await until(bob, () => onPage(conversation(bob, annId)?.trouble).includes('different versions'));
  });
});
