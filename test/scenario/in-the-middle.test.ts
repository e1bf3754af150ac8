/**
 * Somebody between two people who ends both of their channels and hands every frame on as it is, as a server could that puts
 * descriptions of its own in the place of theirs. It cannot: they are signed. And if it could, the handshake would fail, as
 * each side signs the certificates that it sees.
 */
import { describe, expect, it } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { decodeMessage, encodeMessage, ServerMessage } from '../../signal/wire/messages.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { inviteKeys } from '../../app/core/identity/invite.ts';
import { decodeSignal, sealSignal, type DialKeys } from '../../app/core/session/signaling.ts';
import { decodeFrame } from '../../app/core/transport/frames.ts';
import type { OpenLink } from '../../app/core/transport/link.ts';
import { startServer } from '../signal/client.ts';
import { identityOf } from '../parts/identities.ts';
import { eventually } from '../parts/eventually.ts';
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

/** A network with somebody in it: each side's channel ends with them, under certificates of theirs. */
class Middle {
  readonly network = new MemoryNetwork();
  present = true;

  readonly openLink: OpenLink = (options) => {
    const link = this.network.openLink(options);
    const opened = link.opened.then(({ ours, theirs }) => ({ ours, theirs: this.present ? randomBytes(32) : theirs }));
    opened.catch(() => undefined);
    return { ...link, opened };
  };

  /** The kinds of all frames that went through. */
  get kinds(): (string | undefined)[] {
    return this.network.carried.map((frame) => decodeFrame(frame)?.kind);
  }
}

describe('somebody who ends both channels and hands on every frame', () => {
  it('comes between no two who meet by an invite: neither proves anything, and they meet once it is gone', async () => {
    const { origin } = await startServer();
    const middle = new Middle();
    const place = { origin, network: middle };
    const [ann, bob] = [await openChat(await newDevice('Ann'), place), await openChat(await newDevice('Bob'), place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link), 'Ann');
    // Twice it has come to the second message, and no further.
    const count = (kind: string) => middle.kinds.filter((one) => one === kind).length;
    await eventually(() => count('m2') >= 2);
    expect(new Set(middle.kinds)).toEqual(new Set(['m1', 'm2']));
    expect(ann.conversations).toEqual([]);
    expect(ann.invites).toHaveLength(1);
    expect(conversation(bob, ann.fingerprint)?.invited).toBe(true);
    middle.present = false;
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
  });

  it('comes between no two who know each other, and what they write waits until it is gone', async () => {
    const { origin } = await startServer();
    const middle = new Middle();
    middle.present = false;
    const { ann, bob } = await meet({ origin, network: middle }, await newDevice('Ann'), await newDevice('Bob'));
    middle.present = true;
    middle.network.cut();
    await until(ann, () => conversation(ann, bob.fingerprint)?.connection !== 'direct');
    middle.network.carried.length = 0;
    await ann.send(bob.fingerprint, 'for you alone');
    await eventually(() => middle.kinds.filter((kind) => kind === 'm2').length >= 2);
    expect(new Set(middle.kinds)).toEqual(new Set(['m1', 'm2']));
    middle.present = false;
    await delivered(ann, bob.fingerprint);
  });
});

describe('a server that puts a description of its own in the place of another', () => {
  it('in a dial by an invite whose link it has read: nobody takes it up (fault 23)', async () => {
    const { origin } = await startServer();
    const network = new MemoryNetwork();
    const eve = await identityOf('Eve');
    let dial: DialKeys | undefined;
    const swapped = { offer: 0, answer: 0 };
    /** Seals another description under the invite's secret, in the name of the one it came from, signed by Eve. */
    const swap = async (from: Bytes, to: Bytes, payload: Bytes): Promise<Bytes> => {
      const sealed = decodeSignal(payload)!;
      const keys: DialKeys = { ...dial!, dialId: sealed.dialId, role: sealed.fromDialler ? 'dialler' : 'answerer' };
      const type = sealed.fromDialler ? 'offer' : 'answer';
      const us = { ...eve, card: { ...eve.card, fingerprint: from } };
      swapped[type]++;
      return (await sealSignal({ us, them: to }, keys, { type, text: '1' }))!;
    };
    const tap = (us: () => Chat) => (socket: NodeWebSocket) => {
      const emit = socket.emit.bind(socket) as (event: string | symbol, ...what: unknown[]) => boolean;
      socket.emit = (event: string | symbol, ...what: unknown[]) => {
        const message = event === 'message' ? decodeMessage(ServerMessage, (what[0] as Buffer).toString()) : undefined;
        if (message?.type !== 'signal' || !dial) return emit(event, ...what);
        const to = Uint8Array.from(Buffer.from(us().fingerprint, 'hex'));
        void swap(message.from, to, message.payload).then((payload) =>
          emit('message', Buffer.from(encodeMessage({ ...message, payload })), false),
        );
        return true;
      };
    };
    const chats: Chat[] = [];
    for (const [index, name] of ['Ann', 'Bob'].entries()) {
      const onsocket = tap(() => chats[index]!);
      chats.push(await openChat(await newDevice(name), { origin, network, onsocket }));
    }
    const [ann, bob] = chats as [Chat, Chat];
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    const { id: inviteId, signalKey } = await inviteKeys(invite(link));
    const mode = { mode: 'invite', inviteId } as const;
    dial = { dialId: new Uint8Array(16), mode, secret: signalKey, ek: new Uint8Array(0), role: 'dialler' };
    await bob.join(invite(link), 'Ann');
    // He waits for an answer in vain, and calls again.
    await eventually(() => swapped.offer === 2);
    expect(swapped.answer).toBe(0);
    expect(network.carried).toEqual([]);
    dial = undefined;
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
  }, 60_000);
});
