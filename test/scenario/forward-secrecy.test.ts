/**
 * Somebody records every byte between two people, through the server and between them, and is given the private RSA keys of
 * both later, and the invite they met by. What was signaled opens, as documented; no message, proof or name does.
 */
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import { concat, equal, type Bytes } from '../../signal/wire/bytes.ts';
import { decodeMessage, ServerMessage } from '../../signal/wire/messages.ts';
import { hkdfExtract } from '../../app/core/crypto/kdf.ts';
import { inviteKeys, type InviteKeys } from '../../app/core/identity/invite.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import type { ChannelBinding } from '../../app/core/session/handshake.ts';
import { decodeM1, decodeM2, decodeM2c } from '../../app/core/session/handshake-messages.ts';
import { answerDial, decodeSignal, openSignal } from '../../app/core/session/signaling.ts';
import type { OpenLink } from '../../app/core/transport/link.ts';
import { startServer } from '../signal/client.ts';
import { identityOf } from '../parts/identities.ts';
import { distinct, intercept, namesByAny, openByAny, sorted, transcripts } from '../parts/later-attacker.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { connected, conversation, delivered, invite, newDevice, openChat, signIn, until } from '../parts/people.ts';

/** Everything that somebody on every wire has, certificates included. */
class Recording {
  readonly network = new MemoryNetwork();
  readonly signals: { from: Bytes; payload: Bytes }[] = [];
  readonly bindings: ChannelBinding[] = [];

  readonly openLink: OpenLink = (options) => {
    const link = this.network.openLink(options);
    const note = ({ ours, theirs }: { ours: Bytes; theirs: Bytes }) => {
      if (options.initiator) this.bindings.push({ initiator: ours, responder: theirs });
    };
    link.opened.then(note, () => undefined);
    return link;
  };

  readonly onsocket = (socket: NodeWebSocket): void => {
    socket.on('message', (data) => {
      const message = decodeMessage(ServerMessage, (data as Buffer).toString());
      if (message?.type === 'signal') this.signals.push({ from: message.from, payload: message.payload });
    });
  };
}

/** Two people meet by an invite, talk, lose their link, and talk on the next. */
async function record() {
  const { origin } = await startServer();
  const recording = new Recording();
  const place = { origin, network: recording, onsocket: recording.onsocket };
  const [ann, bob] = [await openChat(await newDevice('Ann'), place), await openChat(await newDevice('Bob'), place)];
  await Promise.all([signIn(ann), signIn(bob)]);
  const { link } = await ann.createInvite();
  await bob.join(invite(link), 'Ann');
  const talk = async (round: number) => {
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    await ann.send(bob.fingerprint, `from Ann ${round}`);
    await delivered(ann, bob.fingerprint);
    await bob.send(ann.fingerprint, `from Bob ${round}`);
    await delivered(bob, ann.fingerprint);
  };
  await talk(1);
  recording.network.cut();
  await until(ann, () => conversation(ann, bob.fingerprint)?.connection !== 'direct');
  await talk(2);
  await Promise.all([ann.close(), bob.close()]);
  return { recording, keys: await inviteKeys(invite(link)) };
}

/** What opens of the signaling between people who know each other, and the secrets of those dials. */
async function signaled({ signals }: Recording, people: readonly [Identity, Identity]) {
  const [texts, secrets] = [[] as string[], [] as Bytes[]];
  for (const { from, payload } of signals) {
    const sealed = decodeSignal(payload)!;
    const [them, us] = equal(from, people[0].card.fingerprint) ? people : [people[1], people[0]];
    const parties = { us, them: them.card.fingerprint };
    const dial = await answerDial(parties, sealed, undefined);
    const opened = dial && (await openSignal(parties, dial, sealed, them.card));
    if (opened) texts.push(opened.signal.type);
    if (opened) secrets.push(dial.secret);
  }
  return { texts, secrets };
}

/** Everything of 32 bytes that is known or can be made of what is known. */
async function guesses(recording: Recording, { psk, signalKey }: InviteKeys, secrets: readonly Bytes[]) {
  const zeros = new Uint8Array(32);
  const given = [zeros, psk, signalKey, ...secrets];
  const known = [...given];
  for (const handshake of sorted(recording.network.carried).handshakes) {
    const [m1, m2c] = [decodeM1(handshake.m1)!, decodeM2c(decodeM2(handshake.m2)!.m2c)!];
    known.push(m1.ratchetKey, m2c.ratchetKey, m1.kemKey.slice(0, 32), m2c.kemCiphertext.slice(0, 32));
    for (const binding of recording.bindings) {
      const { th1, th2 } = await transcripts(handshake, binding);
      known.push(th1, th2);
      // The handshake's secret, had its exchanges given nothing.
      for (const key of given) known.push(await hkdfExtract(th1, concat(zeros, zeros, key)));
    }
  }
  return distinct(known);
}

/** Everything that the recording gives away with some keys. */
async function attack(recording: Recording, people: readonly [Identity, Identity], known: readonly Bytes[]) {
  const { handshakes, envelopes } = sorted(recording.network.carried);
  const names: string[] = [];
  for (const handshake of handshakes) {
    for (const binding of recording.bindings) names.push(...(await namesByAny(handshake, binding, known)));
  }
  let opened = 0;
  const texts: string[] = [];
  for (const envelope of envelopes) {
    // With the private keys the RSA layer opens, always: what holds is the layer inside.
    const intercepted = await intercept(envelope, people);
    expect(intercepted.inner.length).toBe(40);
    const body = await openByAny(intercepted, known, 1);
    if (body) opened++;
    if (body) texts.push(Buffer.from(body.rest).toString());
  }
  return { names, opened, texts, envelopes: envelopes.length, handshakes: handshakes.length };
}

describe('whoever has recorded everything and gets both people’s private keys later', () => {
  it('reads what was signaled, but no message, proof or name; with what was in memory, all of it', async () => {
    const inMemory: Bytes[] = [];
    const original = crypto.subtle.importKey.bind(crypto.subtle) as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]) => {
      const [, key, algorithm] = args as [string, Bytes, { name?: string }];
      if (algorithm.name === 'HMAC' && key.length === 32) inMemory.push(key.slice());
      return original(...args);
    };
    const spy = vi.spyOn(crypto.subtle, 'importKey').mockImplementation(watched as typeof crypto.subtle.importKey);
    const { recording, keys } = await record().finally(() => spy.mockRestore());
    const people = [await identityOf('Ann'), await identityOf('Bob')] as const;

    const { texts, secrets } = await signaled(recording, people);
    expect(texts).toContain('offer');
    const later = await attack(recording, people, await guesses(recording, keys, secrets));
    expect(later.handshakes).toBeGreaterThanOrEqual(2);
    expect(later.envelopes).toBeGreaterThanOrEqual(6);
    expect(later).toMatchObject({ names: [], opened: 0 });

    // The very same attack, with what the two held in memory while they talked.
    const then = await attack(recording, people, distinct(inMemory));
    expect(new Set(then.names)).toEqual(new Set(['Ann', 'Bob']));
    expect(then.opened).toBe(then.envelopes);
    for (const text of ['from Ann 1', 'from Bob 1', 'from Ann 2', 'from Bob 2']) {
      expect(then.texts.join()).toContain(text);
    }
    expect(Buffer.concat(recording.network.carried).includes('from Ann')).toBe(false);
  }, 60_000);
});
