/** People with keys of their own, and of the greatest size: the whole core, a real server, and a network in memory. */
import { afterAll, expect, it } from 'vitest';
import { OAEP } from '../../signal/wire/keys.ts';
import { MAX_TEXT_BYTES } from '../../app/core/envelope/content.ts';
import { createIdentity, type KeyPairs } from '../../app/core/identity/identity.ts';
import { openKeyFile } from '../../app/core/identity/key-file/read.ts';
import { startServer } from '../signal/client.ts';
import { pairsOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { Openssl } from '../parts/openssl.ts';
import {
  connected,
  delivered,
  meet,
  messages,
  deviceAs,
  newDevice,
  onPage,
  openChat,
  signIn,
  until,
  type Device,
} from '../parts/people.ts';

const openssl = new Openssl();
afterAll(() => openssl.dispose());

/** A device of somebody whose signing key openssl made. */
async function deviceWith(name: string, bits: number, wrapping?: KeyPairs['wrapping']): Promise<Device> {
  const signing = await openKeyFile(openssl.rsa(`${name}.pem`, bits), '');
  const pairs = { wrapping: wrapping ?? (await pairsOf(name)).wrapping, signing };
  return deviceAs(await newDevice(name), await createIdentity(pairs, name, Date.now()));
}

/** A wrapping pair of the greatest size that others may have. */
const largeWrapping = () =>
  crypto.subtle.generateKey({ ...OAEP, modulusLength: 4096, publicExponent: Uint8Array.of(1, 0, 1) }, true, [
    'encrypt',
    'decrypt',
  ]);

it.each([
  ['of 3072 bits, with one who has made theirs here', 3072, false],
  ['of 4096 bits, with one whose keys are of that size, too', 4096, true],
])('lets someone with a key of their own talk: %s', { timeout: 60_000 }, async (_, bits, large) => {
  const { origin } = await startServer();
  const place = { origin, network: new MemoryNetwork() };
  const anns = await deviceWith('Ann', bits);
  const bobs = large ? await deviceWith('Bob', bits, await largeWrapping()) : await newDevice('Bob');
  const { ann, bob } = await meet(place, anns, bobs);
  const longest = 'x'.repeat(MAX_TEXT_BYTES);
  await ann.send(bob.fingerprint, longest);
  await bob.send(ann.fingerprint, longest);
  await delivered(ann, bob.fingerprint);
  await delivered(bob, ann.fingerprint);

  // From now on they know each other, so the secret of a dial goes under a wrapping key.
  await bob.close();
  const again = await openChat(bobs, place);
  await signIn(again);
  await connected(again, ann.fingerprint);
  await again.send(ann.fingerprint, 'Again');
  await delivered(again, ann.fingerprint);
  const atAnn = await messages(ann, bob.fingerprint, (all) => all.length === 3);
  expect(atAnn.map(({ text }) => text.length).sort()).toEqual([5, MAX_TEXT_BYTES, MAX_TEXT_BYTES].sort());
});

it('knows a key that comes from another place by its newer card, and turns the older place away', async () => {
  const { origin } = await startServer();
  const place = { origin, network: new MemoryNetwork() };
  const signing = await openKeyFile(openssl.rsa('moved.pem', 3072), '');
  const at = async (name: string, now: number): Promise<Device> =>
    deviceAs(await newDevice(name), await createIdentity({ ...(await pairsOf(name)), signing }, 'Ann', now));
  const [older, newer] = [await at('Before', Date.now() - 1), await at('After', Date.now())];
  const before = await openChat(older, place);
  await signIn(before);
  const after = await openChat(newer, place);
  await signIn(after);
  expect(after.fingerprint).toBe(before.fingerprint);
  await until(before, () => before.server === 'replaced');
  before.connect();
  await until(before, () => before.server === 'rejected');
  expect(before.notices.map(({ text }) => onPage(text)).join()).toContain('used in a newer profile');
  expect(after.server).toBe('connected');
});
