/** A server or a stranger who says what they please: nothing comes of it. */
import { describe, expect, it } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import { fromHex, type Bytes } from '../../signal/wire/bytes.ts';
import { decodeMessage, encodeMessage, ServerMessage } from '../../signal/wire/messages.ts';
import { inviteKeys } from '../../app/core/identity/invite.ts';
import { decodeSignal, dialInvite, dialPinned, sealSignal } from '../../app/core/session/signaling.ts';
import { OTHER_KEY } from '../../app/core/chat/trouble.ts';
import { startServer } from '../signal/client.ts';
import { twoDevices } from '../parts/acquainted.ts';
import { flipBit } from '../parts/arbitrary.ts';
import { cardOf, DAY, identityOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  meet,
  newDevice,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';

/** What the server hands to somebody, kept, so that it can be handed over again. */
class Wiretap {
  readonly signals: { from: Bytes; payload: Bytes }[] = [];
  /** What the server says instead of what it meant to. */
  alter: (message: ServerMessage) => ServerMessage = (message) => message;
  /** How often it says each thing. */
  times = 1;
  #socket: NodeWebSocket | undefined;

  readonly onsocket = (socket: NodeWebSocket): void => {
    this.#socket = socket;
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...what: unknown[]) => boolean;
    socket.emit = (event: string | symbol, ...what: unknown[]) => {
      const message = event === 'message' ? decodeMessage(ServerMessage, (what[0] as Buffer).toString()) : undefined;
      if (!message) return emit(event, ...what);
      if (message.type === 'signal') this.signals.push({ from: message.from, payload: message.payload });
      const text = Buffer.from(encodeMessage(this.alter(message)));
      const times = message.type === 'signal' || message.type === 'presence' ? this.times : 1;
      for (let time = 0; time < times; time++) emit(event, text, false);
      return true;
    };
  };

  /** Says something in the server's place. */
  say(message: ServerMessage): void {
    this.#socket?.emit('message', Buffer.from(encodeMessage(message)), false);
  }

  /** Says a signal in the server's place. */
  signal(from: Bytes, payload: Bytes): void {
    this.say({ type: 'signal', from, payload });
  }
}

/** Ann and Bob, with a wiretap on each one's socket; `tap` is on Ann's. */
async function setUp() {
  const { anns, bobs, network, oracle, place } = await twoDevices();
  const tap = new Wiretap();
  const ann = await openChat(anns, { ...place, onsocket: tap.onsocket });
  const bobsTap = new Wiretap();
  const bob = await openChat(bobs, { ...place, onsocket: bobsTap.onsocket });
  return { origin: place.origin, oracle, network, tap, bobsTap, ann, bob };
}

/** Lets everything that was begun without a timer come to its end. */
async function turns(count = 300): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a stranger', () => {
  it('who sends garbage is ignored, and the app goes on', async () => {
    const { tap, network, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    const stranger = (await identityOf('Eve')).card.fingerprint;
    const keys = await inviteKeys(invite(link));
    // Random bytes; the start of a payload; one that names a live invite of Ann's, whose id the server knows.
    const header = Uint8Array.of(1, 1, 0, ...crypto.getRandomValues(new Uint8Array(16)), ...keys.id, 0, 0, 0, 0);
    const body = [...new Uint8Array(12), 0, 0, 0, 40, ...crypto.getRandomValues(new Uint8Array(40))];
    const named = Uint8Array.of(...header, ...body);
    expect(decodeSignal(named)).toBeDefined();
    for (const payload of [crypto.getRandomValues(new Uint8Array(900)), named.slice(0, 60), named]) {
      for (let times = 0; times < 20; times++) tap.signal(stranger, payload);
    }
    await turns();
    expect(network.carried).toEqual([]);
    await bob.join(invite(link), 'Ann');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    expect(ann.conversations).toHaveLength(1);
    expect(network.carried.length).toBeGreaterThan(0);
  });

  it('who signs well but holds no invite gets no answer', async () => {
    const { tap, network, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    const [annsSelf, eve] = [await identityOf('Ann'), await identityOf('Eve')];
    const parties = { us: eve, them: annsSelf.card.fingerprint };
    const dial = await dialPinned(parties, annsSelf.card);
    tap.signal(eve.card.fingerprint, (await sealSignal(parties, dial, { type: 'offer', text: '1' }))!);
    const invented = dialInvite(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
    tap.signal(eve.card.fingerprint, (await sealSignal(parties, invented, { type: 'offer', text: '1' }))!);
    await turns();
    expect(network.opened).toBe(0);
    expect(ann.conversations).toEqual([]);
  });

  it('who claims to be somebody known gets no answer', async () => {
    const { tap, network, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    const opened = network.opened;
    const [annsSelf, bobsSelf, eve] = [await identityOf('Ann'), await identityOf('Bob'), await identityOf('Eve')];
    const forged = { us: { ...eve, card: bobsSelf.card }, them: annsSelf.card.fingerprint };
    const dial = await dialPinned(forged, annsSelf.card);
    tap.signal(bobsSelf.card.fingerprint, (await sealSignal(forged, dial, { type: 'offer', text: '1' }))!);
    await turns();
    expect(network.opened).toBe(opened);
    expect(conversation(ann, bob.fingerprint)?.connection).toBe('direct');
  });
});

describe('a server', () => {
  it('that repeats old signals, altered or not, from whomever, does no harm to the link or the conversation (fault 23)', async () => {
    const { oracle, network, tap, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    await bob.send(ann.fingerprint, 'one');
    await delivered(bob, ann.fingerprint);
    network.cut();
    await until(ann, () => conversation(ann, bob.fingerprint)?.connection !== 'direct');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    const old = [...tap.signals];
    expect(old.length).toBeGreaterThanOrEqual(2);
    const eve = (await identityOf('Eve')).card.fingerprint;
    for (const { from, payload } of old) {
      for (let times = 0; times < 3; times++) tap.signal(from, payload);
      tap.signal(eve, payload);
      tap.signal(fromHex(ann.fingerprint)!, payload);
      for (const bit of [8 * 3, 8 * 60, 8 * payload.length - 1]) tap.signal(from, flipBit(payload, bit));
    }
    await turns();
    await Promise.all([ann.send(bob.fingerprint, 'two'), bob.send(ann.fingerprint, 'three')]);
    await Promise.all([delivered(ann, bob.fingerprint), delivered(bob, ann.fingerprint)]);
    await oracle.judge([['two'], ['one', 'three']]);
    expect(ann.conversations).toHaveLength(1);
    expect(ann.notices).toEqual([]);
    expect(conversation(ann, bob.fingerprint)?.connection).toBe('direct');
  });

  it('that says everything three times over does no harm to those who meet', async () => {
    const { oracle, tap, bobsTap, network, ann, bob } = await setUp();
    [tap.times, bobsTap.times] = [3, 3];
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    await bob.send(ann.fingerprint, 'hello');
    await delivered(bob, ann.fingerprint);
    await oracle.judge([[], ['hello']]);
    expect(network.opened).toBe(2);
  });

  it('that gives the card of somebody else for a friend cannot come between (fault 23)', async () => {
    const { oracle, network, tap, bobsTap, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    // Newer than any card that either knows of the other.
    const card = await cardOf('Eve', { sequence: Date.now() + DAY });
    let given = 0;
    for (const one of [tap, bobsTap]) {
      one.alter = (message) => (message.type === 'card' ? (given++, { ...message, card }) : message);
    }
    network.cut();
    await until(ann, () => conversation(ann, bob.fingerprint)?.connection !== 'direct');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    expect(given).toBeGreaterThan(0);
    await ann.send(bob.fingerprint, 'still you');
    await delivered(ann, bob.fingerprint);
    await oracle.judge([['still you'], []]);
  });

  it('that gives the card of somebody else is told of where it matters, until it gives the right one', async () => {
    const { tap, bobsTap, network, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    await bob.join(invite((await ann.createInvite()).link), 'Ann');
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    const card = await cardOf('Eve', { sequence: Date.now() + DAY });
    for (const one of [tap, bobsTap]) one.alter = (said) => (said.type === 'card' ? { ...said, card } : said);
    // Whoever has the lower fingerprint dials first, and asks.
    const [asks, asked] = ann.fingerprint < bob.fingerprint ? [ann, bob.fingerprint] : [bob, ann.fingerprint];
    network.cut();
    await until(asks, () => conversation(asks, asked)?.trouble === OTHER_KEY);
    await connected(asks, asked);
    expect(conversation(asks, asked)?.trouble).toBe(OTHER_KEY);
    for (const one of [tap, bobsTap]) one.alter = (said) => said;
    network.cut();
    await until(asks, () => conversation(asks, asked)?.trouble === undefined);
    await connected(asks, asked);
  });

  it('that says nonsense is left, and come back to', async () => {
    const { oracle, tap, ann, bob } = await setUp();
    await Promise.all([signIn(ann), signIn(bob)]);
    tap.say({ type: 'nonsense' } as unknown as ServerMessage);
    await until(ann, () => ann.server === 'connecting');
    await until(ann, () => ann.server === 'connected');
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    await bob.send(ann.fingerprint, 'hello');
    await delivered(bob, ann.fingerprint);
    await oracle.judge([[], ['hello']]);
  });
});

describe('somebody who was let in', () => {
  it('and says that they are here twice over is one person', async () => {
    const { origin } = await startServer();
    const place = { origin, network: new MemoryNetwork() };
    const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
    const { ann, bob } = await meet(place, anns, bobs);
    const again = await openChat(bobs, place);
    await signIn(again);
    await until(bob, () => bob.server === 'replaced');
    await bob.close();
    await connected(ann, again.fingerprint);
    await again.send(ann.fingerprint, 'from the newer one');
    await delivered(again, ann.fingerprint);
    expect(ann.conversations).toHaveLength(1);
  });
});
