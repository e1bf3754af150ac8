/** People who write while the other is away, or while the two are cut off from each other. */
import { expect, it } from 'vitest';
import { decodeFrame } from '../../app/core/transport/frames.ts';
import { twoDevices } from '../parts/acquainted.ts';
import { connected, conversation, delivered, meet, messages, openChat, signIn, until } from '../parts/people.ts';

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);

it('brings what both wrote while apart, once and in order, when both are there again', async () => {
  const { anns, bobs, oracle, place } = await twoDevices();
  const first = await meet(place, anns, bobs);
  const [annId, bobId] = [first.ann.fingerprint, first.bob.fingerprint];
  await first.bob.close();
  await until(first.ann, () => conversation(first.ann, bobId)?.connection === 'away');
  for (const text of numbered('Ann', 7)) await first.ann.send(bobId, text);
  await messages(first.ann, bobId, (all) => all.length === 7 && all.every(({ state }) => state === 'Waiting'));
  await first.ann.close();

  const bob = await openChat(bobs, place);
  await signIn(bob);
  for (const text of numbered('Bob', 5)) await bob.send(annId, text);
  await until(bob, () => conversation(bob, annId)?.connection === 'away');
  await oracle.judge();

  const ann = await openChat(anns, place);
  await signIn(ann);
  await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
  await oracle.judge([numbered('Ann', 7), numbered('Bob', 5)]);
  expect(conversation(bob, annId)?.unread).toBe(7);
  expect(conversation(ann, bobId)?.preview).toBe('Bob 5');
});

it('loses, doubles and reorders nothing of 500 messages each way while the link is cut again and again', async () => {
  const { anns, bobs, network, oracle, place } = await twoDevices();
  const { ann, bob } = await meet(place, anns, bobs);
  const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
  // Each link is cut after some envelopes: the last of them arrives, or is lost, or is lost with all behind it.
  let [cuts, envelopes] = [0, 0];
  network.tamper = (frame) => {
    if (cuts === 9 || decodeFrame(frame)?.kind !== 'envelope' || ++envelopes < 3 + (cuts % 4)) return [frame];
    envelopes = 0;
    cuts++;
    if (cuts % 3 === 0) queueMicrotask(() => network.cut());
    else network.cut();
    return cuts % 3 === 1 ? [] : [frame];
  };
  const write = async (texts: readonly string[], send: (text: string) => Promise<unknown>) => {
    for (let index = 0; index < texts.length; index += 4) await Promise.all(texts.slice(index, index + 4).map(send));
  };
  const [anns500, bobs500] = [numbered('Ann', 500), numbered('Bob', 500)];
  await Promise.all([write(anns500, (text) => ann.send(bobId, text)), write(bobs500, (text) => bob.send(annId, text))]);
  await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
  expect(cuts).toBeGreaterThan(4);
  await oracle.judge([anns500, bobs500]);
  await Promise.all([connected(ann, bobId), connected(bob, annId)]);
}, 60_000);

it('goes on over an open link while the server is away', async () => {
  const { anns, bobs, oracle, place, server } = await twoDevices();
  const { ann, bob } = await meet(place, anns, bobs);
  await server.close();
  await until(ann, () => ann.server === 'connecting');
  await Promise.all([ann.send(bob.fingerprint, 'Ann 1'), bob.send(ann.fingerprint, 'Bob 1')]);
  await Promise.all([delivered(ann, bob.fingerprint), delivered(bob, ann.fingerprint)]);
  await oracle.judge([['Ann 1'], ['Bob 1']]);
  expect(conversation(ann, bob.fingerprint)?.connection).toBe('direct');
});
