/** Whatever is wrong with what a peer sends on an open link, the peer sees the same: the link closes, without a word. */
import { beforeEach, describe, expect, it } from 'vitest';
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { ConversationLink } from '../../../app/core/chat/conversation-link.ts';
import { encodeBatch } from '../../../app/core/log/batch.ts';
import { messageKey, stepToSend } from '../../../app/core/session/ratchet.ts';
import type { Session } from '../../../app/core/session/session.ts';
import { encodeFrame } from '../../../app/core/transport/frames.ts';
import { DAMAGES, forgeEnvelope, type Making } from '../../parts/forged-envelopes.ts';
import { identityOf } from '../../parts/identities.ts';
import { openLinks } from '../../parts/open-links.ts';

/** Bob's real end of a link, and Ann's in the hands of the test. */
async function setUp() {
  const { network, initiator, responder } = await openLinks('Ann', 'Bob');
  const [ann, bob, eve] = [await identityOf('Ann'), await identityOf('Bob'), await identityOf('Eve')];
  const link = new ConversationLink(responder);
  network.carried.length = 0;
  const making: Making = {
    from: ann,
    to: bob,
    other: eve,
    body: encodeBatch({ messages: [], acknowledgements: [] }),
    ...(await nextOf(initiator.session)),
  };
  const opens = (envelope: Bytes) => encodeFrame('envelope', envelope);
  /** Ann's frame comes. @returns what Bob's side made of it, and what of Bob's was written in answer. */
  const take = async (frame: Bytes) => {
    await initiator.link.write(frame);
    const outcome = await link.receive().catch((error: Error) => error.message);
    return { outcome, answered: network.carried.slice(1) };
  };
  return { initiator, responder, link, making, opens, take };
}

/** The header and message key of the next envelope that a session would seal. */
async function nextOf({ id, ratchet }: Session) {
  const stepped = await stepToSend(ratchet);
  const header = { sessionId: id, counter: stepped.sending.counter, ratchetKey: stepped.ours.publicKey };
  return { header, messageKey: await messageKey(stepped.sending) };
}

const CLOSED = { outcome: 'protocol', answered: [] };

describe('an envelope on an open link', () => {
  let set: Awaited<ReturnType<typeof setUp>>;
  beforeEach(async () => (set = await setUp()));

  it('that is sound is taken', async () => {
    const { making, opens, take } = set;
    const { outcome } = await take(opens(await forgeEnvelope(making)));
    expect(outcome).toEqual({ messages: [], acknowledgements: [] });
  });

  it.each(Object.entries(DAMAGES))('is answered by nothing but the end of the link, if %s', async (_, damage) => {
    const { initiator, responder, link, making, opens, take } = set;
    const { session } = responder;
    expect(await take(opens(await forgeEnvelope(making, damage(making))))).toEqual(CLOSED);
    await Promise.all([link.closed, initiator.link.closed]);
    // Not even the sound one is taken afterwards, and the keys are overwritten.
    await initiator.link.write(opens(await forgeEnvelope(making))).catch(() => undefined);
    expect(await link.receive()).toBeUndefined();
    expect(session.ratchet.rootKey).toEqual(new Uint8Array(32));
  });

  it.each<[string, (making: Making) => Making]>([
    ['its counter is not the next', (making) => ({ ...making, header: { ...making.header, counter: 1 } })],
    [
      'its session is another',
      (making) => ({ ...making, header: { ...making.header, sessionId: new Uint8Array(16).fill(1) } }),
    ],
    [
      'its ratchet key is new out of turn',
      (making) => ({ ...making, header: { ...making.header, ratchetKey: new Uint8Array(32).fill(9) } }),
    ],
    [
      'its ratchet key is of small order',
      (making) => ({ ...making, header: { ...making.header, ratchetKey: new Uint8Array(32) } }),
    ],
    ['what it holds is no batch', (making) => ({ ...making, body: { entries: u8(1), rest: u8(1) } })],
  ])('is answered by nothing but the end of the link, if %s', async (_, change) => {
    const { initiator, link, making, opens, take } = set;
    expect(await take(opens(await forgeEnvelope(change(making))))).toEqual(CLOSED);
    await Promise.all([link.closed, initiator.link.closed]);
  });

  it.each<[string, (envelope: Bytes) => Bytes]>([
    ['is empty', () => new Uint8Array(0)],
    ['is cut short', (envelope) => envelope.slice(0, -1)],
    ['is made longer', (envelope) => concat(envelope, u8(0))],
    ['is of another version', (envelope) => concat(u8(2), envelope.slice(1))],
    ['is of another kind', (envelope) => concat(envelope.slice(0, 1), u8(2), envelope.slice(2))],
    ['has a flag', (envelope) => concat(envelope.slice(0, 58), u8(1), envelope.slice(59))],
  ])('is answered by nothing but the end of the link, if it %s', async (_, change) => {
    const { initiator, link, making, opens, take } = set;
    expect(await take(opens(change(await forgeEnvelope(making))))).toEqual(CLOSED);
    await Promise.all([link.closed, initiator.link.closed]);
  });
});
