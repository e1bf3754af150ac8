/** Parting from somebody: they are blocked, or the conversation is deleted, and to them we are away. */
import { describe, expect, it } from 'vitest';
import { fromHex, toBase64Url, toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { StorageError } from '../../app/core/base/errors.ts';
import type { Store } from '../../app/core/base/store.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { inviteKeys } from '../../app/core/identity/invite.ts';
import { Client, startServer, type Identity } from '../signal/client.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { Oracle } from '../parts/oracle.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  meet,
  messages,
  newDevice,
  openChat,
  signIn,
  until,
  type Device,
} from '../parts/people.ts';

async function setUp() {
  const { origin } = await startServer();
  const network = new MemoryNetwork();
  const place = { origin, network };
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  return { origin, network, place, anns, bobs };
}

const away = (chat: Chat, id: string) => until(chat, () => conversation(chat, id)?.connection === 'away');

const textsOf = async (chat: Chat, id: string) => (await messages(chat, id, () => true)).map(({ text }) => text);

/** Waits until the newest texts of a conversation are these. */
const reads = (chat: Chat, id: string, texts: string[]) =>
  messages(chat, id, (all) => JSON.stringify(all.map(({ text }) => text)) === JSON.stringify(texts));

/** Whoever has this device, as a client that follows no rules. */
async function hostile(device: Device): Promise<Identity> {
  const { card, signKey } = await openIdentity(device.identity);
  const { fingerprint, bytes } = card;
  return {
    fingerprint,
    hex: toHex(fingerprint),
    card: bytes,
    privateKey: signKey,
    newCard: async () => bytes,
  };
}

/**
 * Lets Ann and Bob meet by an invite, then part, and Bob find out what he can: by his own app, and by breaking its rules.
 * @param stays whether Ann is here all the while, and comes and goes. @returns all that he was told
 */
async function foundOut(part: (ann: Chat, bob: string) => Promise<unknown>, stays: boolean): Promise<unknown> {
  const { origin, network, place, anns, bobs } = await setUp();
  const [ann, bob] = [await openChat(anns, place), await openChat(bobs, place)];
  await Promise.all([signIn(ann), signIn(bob)]);
  const { link } = await ann.createInvite();
  await bob.join(invite(link), 'Ann');
  const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
  await Promise.all([connected(ann, bobId), connected(bob, annId)]);
  await part(ann, bobId);
  await away(bob, annId);
  await bob.send(annId, 'hello?');
  const { connection, trouble, refused } = conversation(bob, annId)!;
  const [message] = await messages(bob, annId, () => true);
  await bob.close();

  const opened = network.opened;
  const spy = await Client.enter(origin, await hostile(bobs));
  const fingerprint = fromHex(annId)!;
  const { ticket } = await inviteKeys(invite(link));
  // The server may not have heard of it yet, as it may not have heard yet that somebody has left.
  await expect
    .poll(async () => {
      spy.send({ type: 'watch', peers: [{ fingerprint, ticket }] });
      await spy.settle();
      return spy.takePresence();
    })
    .toEqual([[annId, false]]);
  if (stays) {
    ann.connect();
    await until(ann, () => ann.server === 'connected');
  }
  spy.signal(fingerprint, new Uint8Array(900));
  const card = await spy.request({ type: 'lookup', fingerprint });
  const headers = { authorization: `Invite ${toBase64Url(ticket)}` };
  const asked = await fetch(`${origin}/invites`, { headers });
  const keys = await fetch(`${origin}/keys/${annId}`);
  await spy.settle();
  return {
    app: { connection, trouble, refused, state: message?.state },
    server: [card instanceof Uint8Array, asked.status, keys.status, Object.keys((await asked.json()) as object)],
    dials: network.opened - opened,
    inbox: spy.inbox,
  };
}

describe('somebody from whom one has parted', () => {
  it('is told what he would be told had she left, blocked or deleted', async () => {
    const left = await foundOut((ann) => ann.close(), false);
    expect(left).toMatchObject({ app: { connection: 'away', state: 'Waiting' }, dials: 0, inbox: [] });
    expect(await foundOut((ann, bob) => ann.block(bob), true)).toEqual(left);
    expect(await foundOut((ann, bob) => ann.deleteConversation(bob), true)).toEqual(left);
  }, 60_000);
});

describe('somebody who is blocked', () => {
  it('hears nothing and is not heard, also after a reload; unblocked, all that waited arrives', async () => {
    const { network, place, anns, bobs } = await setUp();
    const oracle = new Oracle(anns, bobs);
    const watched = { ...place, disk: oracle.disk };
    const { ann, bob } = await meet(watched, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await ann.send(bobId, 'one');
    await delivered(ann, bobId);
    await ann.block(bobId);
    expect(conversation(ann, bobId)).toMatchObject({ blocked: true, connection: 'away', preview: 'one' });
    await away(bob, annId);
    const opened = network.opened;
    await Promise.all([ann.send(bobId, 'two'), bob.send(annId, 'three')]);

    await ann.close();
    const again = await openChat(anns, watched);
    await signIn(again);
    await away(bob, annId);
    expect(conversation(again, bobId)).toMatchObject({ blocked: true, connection: 'away' });
    // Bob comes anew, too, and by now everyone has been told who is here.
    await bob.close();
    const bobAgain = await openChat(bobs, watched);
    await signIn(bobAgain);
    await away(bobAgain, annId);
    expect(network.opened).toBe(opened);
    expect(await textsOf(again, bobId)).toEqual(['one', 'two']);

    await again.unblock(bobId);
    await Promise.all([connected(again, bobId), connected(bobAgain, annId)]);
    await Promise.all([delivered(again, bobId), delivered(bobAgain, annId)]);
    await oracle.judge([['one', 'two'], ['three']]);
    expect(conversation(again, bobId)?.blocked).toBe(false);
  }, 60_000);

  it('stays so with a new invite, which is not used up, and of which nobody hears', async () => {
    const { network, place, anns, bobs } = await setUp();
    const { ann, bob } = await meet(place, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await ann.block(bobId);
    await away(bob, annId);
    const opened = network.opened;
    const { link, id } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    // He dials in vain, once and again, as with somebody whose device does not answer.
    await expect.poll(() => network.opened, { timeout: 15_000 }).toBeGreaterThan(opened + 1);
    expect(ann.notices).toEqual([]);
    expect(ann.conversations).toHaveLength(1);
    expect(ann.invites.map((one) => one.id)).toEqual([id]);
    await ann.unblock(bobId);
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    expect(ann.invites.map((one) => one.id)).toEqual([id]);
  }, 60_000);

  it('may be unblocked, though the handshake that let them in was not over', async () => {
    const { network, place, anns, bobs } = await setUp();
    const [ann, bob] = [await openChat(anns, place), await openChat(bobs, place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    const { link } = await ann.createInvite();
    // The end of the handshake never reaches Bob: Ann knows him, and he waits to be let in.
    network.tamper = (frame) => (frame[1] === 3 ? [] : [frame]);
    await bob.join(invite(link), 'Ann');
    await until(ann, () => conversation(ann, bobId));
    await ann.block(bobId);
    await away(bob, annId);
    network.tamper = (frame) => [frame];
    await ann.unblock(bobId);
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    expect(conversation(bob, annId)?.invited).toBe(false);
  }, 60_000);
});

describe('a conversation that is deleted', () => {
  /** What a device keeps besides its own prekeys, by the beginnings of the places. */
  const kinds = ({ records }: Device) =>
    [...records.keys()]
      .map((key) => key.split('/')[0])
      .filter((kind) => kind !== 'prekey')
      .sort();

  it.each(['who deleted it', 'the other'])(
    'begins anew by an invite of %s, and nothing doubles or returns',
    async (who) => {
      const { place, anns, bobs } = await setUp();
      const { ann, bob } = await meet(place, anns, bobs);
      const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
      await ann.send(bobId, 'Ann 1');
      await bob.send(annId, 'Bob 1');
      await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
      await ann.deleteConversation(bobId);
      expect(ann.conversations).toEqual([]);
      await away(bob, annId);
      await bob.send(annId, 'Bob 2');
      // How far his chain was is all that is left, and the invite he came by, once the server knows that he may leave nothing.
      await expect.poll(() => kinds(anns), { timeout: 8_000 }).toEqual(['identity', 'invite', 'log-state', 'slot']);

      await ann.close();
      const again = await openChat(anns, place);
      await signIn(again);
      const [maker, guest] = who === 'the other' ? [bob, again] : [again, bob];
      const { link } = await maker.createInvite();
      await guest.join(invite(link), 'whoever it was');
      await Promise.all([connected(again, bobId), connected(bob, annId)]);
      await again.send(bobId, 'Ann 2');
      await Promise.all([delivered(again, bobId), delivered(bob, annId)]);
      expect((await textsOf(again, bobId)).toSorted()).toEqual(['Ann 2', 'Bob 2']);
      expect((await textsOf(bob, annId)).toSorted()).toEqual(['Ann 1', 'Ann 2', 'Bob 1', 'Bob 2']);
      expect(conversation(bob, annId)).toMatchObject({ invited: false, trouble: undefined });

      await again.close();
      const later = await openChat(anns, place);
      await signIn(later);
      await Promise.all([connected(later, bobId), connected(bob, annId)]);
      await later.send(bobId, 'Ann 3');
      await delivered(later, bobId);
      expect(await textsOf(bob, annId)).toHaveLength(5);
    },
    60_000,
  );

  it('takes what was not delivered with it', async () => {
    const { place, anns, bobs } = await setUp();
    const { ann, bob } = await meet(place, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await ann.send(bobId, 'one');
    await delivered(ann, bobId);
    await bob.close();
    await away(ann, bobId);
    await ann.send(bobId, 'better not');
    await ann.deleteConversation(bobId);
    const bobAgain = await openChat(bobs, place);
    await signIn(bobAgain);
    const { link } = await bobAgain.createInvite();
    await ann.join(invite(link), 'Bob');
    await Promise.all([connected(ann, bobId), connected(bobAgain, annId)]);
    await ann.send(bobId, 'two');
    await delivered(ann, bobId);
    await reads(bobAgain, annId, ['one', 'two']);
    await reads(ann, bobId, ['two']);
  }, 60_000);

  it('may be with somebody who has not answered yet: the invite of theirs is given up', async () => {
    const { place, anns, bobs } = await setUp();
    const [ann, bob] = [await openChat(anns, place), await openChat(bobs, place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link, id } = await ann.createInvite();
    await ann.close();
    await bob.join(invite(link), 'Ann');
    await bob.send(ann.fingerprint, 'are you there?');
    await bob.deleteConversation(ann.fingerprint);
    expect(bob.conversations).toEqual([]);
    await expect.poll(() => kinds(bobs), { timeout: 8_000 }).toEqual(['identity', 'slot']);
    const annAgain = await openChat(anns, place);
    await signIn(annAgain);
    expect(annAgain.invites.map((one) => one.id)).toEqual([id]);
    // Nothing hinders a second thought.
    await bob.join(invite(link), 'Ann');
    await Promise.all([connected(annAgain, bob.fingerprint), connected(bob, ann.fingerprint)]);
    expect(await textsOf(annAgain, bob.fingerprint)).toEqual([]);
  }, 60_000);

  it('is whole or gone, whenever the device dies in the middle, and what is left goes at the next start', async () => {
    const { origin, network, place, anns, bobs } = await setUp();
    const { ann, bob } = await meet(place, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await bob.send(annId, 'from Bob');
    await delivered(bob, annId);
    await bob.close();
    for (let text = 1; text <= 600; text++) await ann.send(bobId, `text ${text}`);
    await ann.close();
    const outcomes: string[] = [];
    for (let writes = 0; writes <= 4; writes++) {
      const copy = { ...anns, records: new Map<string, Bytes>(anns.records) };
      let left = Infinity;
      const disk = (store: Store): Store => ({
        ...store,
        write: (changes) => (left-- > 0 ? store.write(changes) : Promise.reject(new StorageError('failed'))),
      });
      const dying = await openChat(copy, { origin, network, disk });
      left = writes;
      const told = await dying.deleteConversation(bobId).then(
        () => 'done',
        () => 'failed',
      );
      expect(told).toBe(writes === 0 ? 'failed' : 'done');
      expect(dying.conversations).toHaveLength(writes === 0 ? 1 : 0);
      expect(dying.notices).toHaveLength(writes === 0 || writes === 4 ? 0 : 1);
      await dying.close();
      const again = await openChat(copy, { origin, network });
      outcomes.push(`${again.conversations.length} ${copy.records.size - anns.records.size}`);
      await again.close();
    }
    // All 601 messages and the contact; how far Bob's chain was stays, and what the server is to be told of him.
    expect(outcomes).toEqual(['1 0', ...Array<string>(4).fill('0 -601')]);
  }, 60_000);

  it('that begins anew after the disk failed to erase all of it keeps what is written from then on', async () => {
    const { origin, network, place, anns, bobs } = await setUp();
    let left = Infinity;
    const disk = (store: Store): Store => ({
      ...store,
      write: (changes) => (left-- > 0 ? store.write(changes) : Promise.reject(new StorageError('failed'))),
    });
    const [ann, bob] = [await openChat(anns, { origin, network, disk }), await openChat(bobs, place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    await bob.join(invite((await ann.createInvite()).link), 'Ann');
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    await ann.send(bobId, 'before');
    await delivered(ann, bobId);
    // The contact goes, its records stay, with the note that they are to go.
    left = 1;
    await ann.deleteConversation(bobId);
    left = Infinity;
    await bob.join(invite((await ann.createInvite()).link), 'Ann');
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    await ann.send(bobId, 'after');
    await delivered(ann, bobId);
    await ann.close();
    const again = await openChat(anns, place);
    expect(await textsOf(again, bobId)).toEqual(['after']);
  }, 60_000);
});
