/** Keys that are renewed, and people who take another name, while others are linked, away, or know only the older card. */
import { expect, it } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import { compare, type Bytes } from '../../signal/wire/bytes.ts';
import { openCard } from '../../signal/wire/card.ts';
import { IDENTITY_PLACE } from '../../app/core/identity/identity-record.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { startServer } from '../signal/client.ts';
import { DAY } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import {
  connected,
  conversation,
  delivered,
  meet,
  newDevice,
  openChat,
  signIn,
  storeOf,
  until,
  type Device,
} from '../parts/people.ts';

const place = async () => ({ origin: (await startServer()).origin, network: new MemoryNetwork() });

/** Two devices: the one whose dial counts of two that cross, and the other. */
async function devicesInOrder(): Promise<[Device, Device]> {
  const devices = [await newDevice('Ann'), await newDevice('Bob')];
  const fingerprints = new Map<Device, Bytes>();
  for (const device of devices) fingerprints.set(device, (await cardOn(device)).fingerprint);
  return devices.sort((a, b) => compare(fingerprints.get(a)!, fingerprints.get(b)!)) as [Device, Device];
}

/** The card of somebody's device. */
async function cardOn(device: Device) {
  return (await openIdentity((await (await storeOf(device)).get(IDENTITY_PLACE))!)).card;
}

/** The card that the directory of a server has. */
async function cardAt(origin: string, fingerprint: string) {
  const { card } = (await (await fetch(`${origin}/keys/${fingerprint}`)).json()) as { card: string };
  return openCard(Uint8Array.from(Buffer.from(card, 'base64url')));
}

/** Lets a server's answers to look-ups come without a card. */
function withoutCards(socket: NodeWebSocket): void {
  const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'message') return emit(event as string, ...args);
    const said = JSON.parse(String(args[0])) as { type: string };
    return emit(
      event,
      said.type === 'card' ? Buffer.from(JSON.stringify({ ...said, card: null })) : args[0],
      ...args.slice(1),
    );
  };
}

it('keys are renewed on an open link: messages go on, and the server has the newer card at once', async () => {
  const where = await place();
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const { ann, bob } = await meet(where, anns, bobs);
  const before = where.network.opened;
  const since = ann.keysSince;
  await ann.renewKeys();
  expect(ann.keysSince).toBeGreaterThan(since);
  expect((await cardAt(where.origin, ann.fingerprint))?.bytes).toEqual((await cardOn(anns)).bytes);
  await bob.send(ann.fingerprint, 'to the renewed');
  await ann.send(bob.fingerprint, 'and back');
  await Promise.all([delivered(bob, ann.fingerprint), delivered(ann, bob.fingerprint)]);
  expect(where.network.opened).toBe(before);
});

it.each([true, false])(
  'who knows only the older card still gets through by it (the lower fingerprint renews: %s)',
  async (lower) => {
    const where = await place();
    const devices = [await newDevice('Ann'), await newDevice('Bob')] as const;
    const met = await meet(where, ...devices);
    const people = [
      { device: devices[0], id: met.ann.fingerprint },
      { device: devices[1], id: met.bob.fingerprint },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    const [renewing, other] = lower ? [people[0]!, people[1]!] : [people[1]!, people[0]!];
    await Promise.all([met.ann.close(), met.bob.close()]);

    const alone = await openChat(renewing.device, where);
    await signIn(alone);
    const older = alone.keysSince;
    await alone.renewKeys();
    const back = await openChat(other.device, { ...where, onsocket: withoutCards });
    await signIn(back);
    await Promise.all([connected(back, renewing.id), connected(alone, other.id)]);
    expect(alone.keysSince).toBeGreaterThan(older);
    await back.send(renewing.id, 'by the older card');
    await alone.send(other.id, 'by the newer');
    await Promise.all([delivered(back, renewing.id), delivered(alone, other.id)]);
  },
);

it.each([true, false])(
  'a copy from before the keys were renewed is refused afterwards, by the server and by people (the lower fingerprint is the copy’s: %s)',
  async (lowerHasCopy) => {
    const where = await place();
    const [lower, higher] = await devicesInOrder();
    const [anns, bobs] = lowerHasCopy ? [higher, lower] : [lower, higher];
    const { ann, bob } = await meet(where, anns, bobs);
    const copy: Device = { ...bobs, records: new Map(bobs.records) };
    await bob.renewKeys();
    await bob.close();
    const renewed = await openChat(bobs, where);
    await signIn(renewed);
    await Promise.all([connected(renewed, ann.fingerprint), connected(ann, bob.fingerprint)]);
    await renewed.close();
    await until(ann, () => conversation(ann, bob.fingerprint)?.connection !== 'direct');

    const old = await openChat(copy, where);
    old.connect();
    await until(old, () => old.server === 'rejected');
    await ann.close();

    const elsewhere = await place();
    const [annThere, oldThere] = [await openChat(anns, elsewhere), await openChat(copy, elsewhere)];
    await Promise.all([signIn(annThere), signIn(oldThere)]);
    // Where Ann's own dials count, each stays without an answer before his is answered: he cannot open them any more.
    const patience = 3 * 10_000;
    await until(annThere, () => conversation(annThere, bob.fingerprint)?.trouble, patience);
    expect(conversation(annThere, bob.fingerprint)?.connection).toBe('connecting');
  },
  60_000,
);

it('keys are renewed by themselves when they are a year old, and the others are told by the server', async () => {
  const where = await place();
  const device = await newDevice('Ann');
  const young = await openChat(device, where);
  await signIn(young);
  const since = young.keysSince;
  await young.close();
  const old = await openChat(device, { ...where, now: () => Date.now() + 366 * DAY });
  await signIn(old);
  await until(old, () => old.keysSince > since);
  const { bytes } = await cardOn(device);
  await expect.poll(async () => (await cardAt(where.origin, old.fingerprint))?.bytes).toEqual(bytes);
  expect(old.notices).toEqual([]);
});

it('another name is seen by others when they next shake hands, and stands in new invites', async () => {
  const where = await place();
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const { ann, bob } = await meet(where, anns, bobs);
  await bob.rename('  Robert ');
  expect(bob.name).toBe('Robert');
  await expect(bob.rename('')).rejects.toThrow(/Choose a name/);
  expect(conversation(ann, bob.fingerprint)?.name).toBe('Bob');
  await bob.close();
  const robert = await openChat(bobs, where);
  await signIn(robert);
  await until(ann, () => conversation(ann, bob.fingerprint)?.name === 'Robert');
  expect(robert.name).toBe('Robert');
});
