/** Handles: whose key one leads to, who is told when that changes, and what a server can make of it. */
import { describe, expect, it } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import { decodeMessage, encodeMessage, ServerMessage, type ServerMessageOf } from '../../signal/wire/messages.ts';
import { signClaim } from '../../signal/wire/handle.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { startServer, temporaryFolder } from '../signal/client.ts';
import { identityOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { conversation, meet, newDevice, onPage, openChat, signIn, until } from '../parts/people.ts';

type Claim = ServerMessageOf<'handle'>['claim'];

async function enter(name: string, place: { origin: string; network: MemoryNetwork }): Promise<Chat> {
  const chat = await openChat(await newDevice(name), place);
  await signIn(chat);
  return chat;
}

async function setUp() {
  const { origin } = await startServer();
  return { origin, network: new MemoryNetwork() };
}

const found = async (chat: Chat, handle: string) => (await chat.handles.lookUp(handle)).found;
const noteOf = (chat: Chat, id: string) => conversation(chat, id)?.note;
const notices = (chat: Chat) => chat.notices.map(({ text }) => onPage(text)).join('\n');

/** Claims a handle in the name of somebody who has no chat open, as a server could that has an identity of its own. */
async function claimOf(name: string, handle: string, origin: string): Promise<Claim> {
  const { card, signKey } = await identityOf(name);
  const time = Date.now();
  const fields = { origin, handle, fingerprint: card.fingerprint, time };
  return { card: card.bytes, time, signature: await signClaim(fields, signKey) };
}

/** A server that answers look-ups with a claim of its choice, once it has one. */
function lying() {
  const lie: { claim?: Claim } = {};
  const onsocket = (socket: NodeWebSocket) => {
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...what: unknown[]) => boolean;
    socket.emit = (event: string | symbol, ...what: unknown[]) => {
      const message = event === 'message' ? decodeMessage(ServerMessage, (what[0] as Buffer).toString()) : undefined;
      if (message?.type !== 'handle' || lie.claim === undefined) return emit(event, ...what);
      return emit('message', Buffer.from(encodeMessage({ ...message, claim: lie.claim })), false);
    };
  };
  return { lie, onsocket };
}

describe('a handle', () => {
  it('leads everyone to the fingerprint of whoever claimed it, and to nothing else', async () => {
    const place = await setUp();
    const [ann, bob] = [await enter('Ann', place), await enter('Bob', place)];
    await ann.handles.claim(' Ann ');
    expect(ann.handles.own).toBe('ann');
    const expected = { fingerprint: ann.fingerprint, isUs: false, contact: undefined, former: [] };
    const safetyNumber = expect.stringMatching(/^\d{60}$/) as unknown;
    expect(await bob.handles.lookUp('ann')).toEqual({ handle: 'ann', found: { ...expected, safetyNumber } });
    expect(await found(ann, 'ann')).toEqual({ ...expected, safetyNumber: undefined, isUs: true });
    expect(await found(bob, 'nobody')).toBeUndefined();
    expect([ann.conversations, bob.conversations]).toEqual([[], []]);
  });

  it('of somebody we know brings their name, and the safety number of the two', async () => {
    const { ann, bob } = await meet(await setUp(), await newDevice('Ann'), await newDevice('Bob'));
    await ann.handles.claim('ann');
    const view = await found(bob, 'ann');
    expect(view).toMatchObject({ fingerprint: ann.fingerprint, contact: 'Ann' });
    // The same digits that both compare in their conversation.
    expect(view?.safetyNumber).toBe((await ann.verification.safetyNumber(bob.fingerprint)).digits);
  });

  it('that somebody else has is refused with a sentence, as is what is none', async () => {
    const place = await setUp();
    const [ann, bob] = [await enter('Ann', place), await enter('Bob', place)];
    await ann.handles.claim('ann');
    await expect(bob.handles.claim('ann')).rejects.toThrow('Somebody else has this handle');
    await expect(bob.handles.claim('an_n')).rejects.toThrow('Change it, then try again.');
    await expect(bob.handles.lookUp('аnn')).rejects.toThrow('Change it, then try again.');
    expect(bob.handles.own).toBeUndefined();
  });

  it('is kept over a restart, changed by claiming another, and given up', async () => {
    const place = await setUp();
    const device = await newDevice('Ann');
    const first = await openChat(device, place);
    await signIn(first);
    await first.handles.claim('ann');
    await first.close();
    const ann = await openChat(device, place);
    expect(ann.handles.own).toBe('ann');
    await expect(ann.handles.giveUp()).rejects.toThrow('The server cannot be reached.');
    await signIn(ann);
    await ann.handles.claim('anna');
    expect([ann.handles.own, await found(ann, 'ann')]).toEqual(['anna', undefined]);
    await ann.handles.giveUp();
    expect([ann.handles.own, await found(ann, 'anna')]).toEqual([undefined, undefined]);
  });

  it('that the server has lost is claimed again at the next sign-in; one that another has by then is not', async () => {
    const network = new MemoryNetwork();
    const device = await newDevice('Ann');
    const server = await startServer();
    const place = { origin: server.origin, network };
    const first = await openChat(device, place);
    await signIn(first);
    await first.handles.claim('ann');
    await first.close();
    await server.close();

    const again = { PORT: String(server.port), DATA_DIR: temporaryFolder() };
    const second = await startServer(again);
    const bob = await enter('Bob', place);
    expect(await found(bob, 'ann')).toBeUndefined();
    const back = await openChat(device, place);
    await signIn(back);
    await expect.poll(() => found(bob, 'ann')).toMatchObject({ fingerprint: back.fingerprint });
    expect([back.handles.own, notices(back)]).toEqual(['ann', '']);
    await Promise.all([back.close(), bob.close()]);
    await second.close();

    await startServer({ PORT: String(server.port) });
    const cid = await enter('Cid', place);
    await cid.handles.claim('ann');
    const late = await openChat(device, place);
    await signIn(late);
    await until(late, () => late.notices.length > 0);
    expect(notices(late)).toContain('Your handle “ann” is not yours on this server any more.');
    expect(late.handles.own).toBeUndefined();
  });
});

describe('a handle whose key has changed', () => {
  /** Bob has looked up Ann, whom he knows; then she gives up her handle, and Cid claims it. */
  async function passOn() {
    const place = await setUp();
    const bobs = await newDevice('Bob');
    const { ann, bob } = await meet(place, await newDevice('Ann'), bobs);
    await ann.handles.claim('ann');
    await bob.handles.lookUp('ann');
    await ann.handles.giveUp();
    const cid = await enter('Cid', place);
    await cid.handles.claim('ann');
    return { place, bobs, ann, bob, cid };
  }

  it('says so to whoever looks it up and knew the former, each time; and to nobody else', async () => {
    const { ann, bob, cid, place } = await passOn();
    for (let i = 0; i < 2; i++) {
      expect(await found(bob, 'ann')).toMatchObject({ fingerprint: cid.fingerprint, former: [ann.fingerprint] });
    }
    const dan = await enter('Dan', place);
    expect(await found(dan, 'ann')).toMatchObject({ fingerprint: cid.fingerprint, former: [] });
  });

  it('says so in the conversation with the former at the next sign-in, until that is dismissed', async () => {
    const { place, bobs, ann, bob, cid } = await passOn();
    expect(noteOf(bob, ann.fingerprint)).toBeUndefined();
    await bob.close();
    const again = await openChat(bobs, place);
    await signIn(again);
    await until(again, () => noteOf(again, ann.fingerprint)?.includes('“ann” led to this person before'));
    again.handles.dismissNote(ann.fingerprint);
    await until(again, () => noteOf(again, ann.fingerprint) === undefined);
    await again.close();
    const third = await openChat(bobs, place);
    expect(noteOf(third, ann.fingerprint)).toBeUndefined();
    await signIn(third);
    // It is news again when it moves once more.
    await cid.handles.giveUp();
    await ann.handles.claim('ann');
    expect(await found(third, 'ann')).toMatchObject({ fingerprint: ann.fingerprint, former: [cid.fingerprint] });
    expect(noteOf(third, ann.fingerprint)).toBeUndefined();
    await ann.handles.giveUp();
    await cid.handles.claim('ann');
    await found(third, 'ann');
    expect(noteOf(third, ann.fingerprint)).toContain('“ann”');
  });

  it('given up and claimed by nobody says nothing yet', async () => {
    const place = await setUp();
    const { ann, bob } = await meet(place, await newDevice('Ann'), await newDevice('Bob'));
    await ann.handles.claim('ann');
    await bob.handles.lookUp('ann');
    await ann.handles.giveUp();
    expect(await found(bob, 'ann')).toBeUndefined();
    expect(noteOf(bob, ann.fingerprint)).toBeUndefined();
    await ann.handles.claim('ann');
    expect(await found(bob, 'ann')).toMatchObject({ former: [] });
  });
});

describe('a server that lies about a handle', () => {
  it('shows no key that did not claim this very handle at this very server', async () => {
    const place = await setUp();
    const { lie, onsocket } = lying();
    const bob = await openChat(await newDevice('Bob'), { ...place, onsocket });
    await signIn(bob);
    const [good, eves] = [await claimOf('Ann', 'ann', place.origin), await claimOf('Eve', 'eve', place.origin)];
    const lies: Claim[] = [
      eves,
      await claimOf('Ann', 'ann', 'https://elsewhere.example'),
      { ...good!, card: eves!.card },
      { ...good!, time: good!.time + 1 },
      { ...good!, signature: eves!.signature },
      { ...good!, card: good!.card.slice(1) },
    ];
    for (const claim of lies) {
      lie.claim = claim;
      await expect(bob.handles.lookUp('ann')).rejects.toThrow('does not verify, so it is not shown');
    }
    // Nothing of it was remembered.
    lie.claim = good;
    expect(await found(bob, 'ann')).toMatchObject({ former: [] });
  });

  it('and gives it to a key of its own is found out by whoever knew the former', async () => {
    const place = await setUp();
    const { lie, onsocket } = lying();
    const ann = await enter('Ann', place);
    await ann.handles.claim('ann');
    const [bob, dan] = [await newDevice('Bob'), await newDevice('Dan')];
    const [bobs, dans] = [await openChat(bob, { ...place, onsocket }), await openChat(dan, { ...place, onsocket })];
    await Promise.all([signIn(bobs), signIn(dans)]);
    await bobs.handles.lookUp('ann');
    lie.claim = await claimOf('Eve', 'ann', place.origin);
    const eve = Buffer.from((await identityOf('Eve')).card.fingerprint).toString('hex');
    expect(await found(bobs, 'ann')).toMatchObject({ fingerprint: eve, former: [ann.fingerprint] });
    // Whoever never knew the former can but compare.
    expect(await found(dans, 'ann')).toMatchObject({ fingerprint: eve, former: [] });
  });
});
