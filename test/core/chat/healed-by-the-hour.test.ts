/**
 * A state that leaked, and a conversation that never turned, so that no step of the ratchet healed it: the handshake of the
 * hour does. The attacker has the private RSA keys of both, too, and every frame.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ConversationLink } from '../../../app/core/chat/conversation-link.ts';
import type { Established } from '../../../app/core/chat/dial.ts';
import type { Batch } from '../../../app/core/log/batch.ts';
import { decodeM1, decodeM2, decodeM2c } from '../../../app/core/session/handshake-messages.ts';
import { fresh, talkOf, wrote } from '../../parts/conversations.ts';
import { copySession } from '../../parts/copied-session.ts';
import { eventually } from '../../parts/eventually.ts';
import { identityOf } from '../../parts/identities.ts';
import { distinct, intercept, knownFrom, namesByAny, openByAny, sorted } from '../../parts/later-attacker.ts';
import { openLinks } from '../../parts/open-links.ts';

const HOUR = 60 * 60 * 1000;

afterEach(() => vi.useRealTimers());

async function saying(text: string): Promise<Batch> {
  const [us, them] = [await identityOf('Ann'), await identityOf('Bob')];
  const { messages } = await wrote(fresh(), await talkOf(us.card.fingerprint, them.card.fingerprint), text);
  return { messages, acknowledgements: [] };
}

describe.each(['initiator', 'responder'] as const)('a copy of the state of the %s', (leaks) => {
  it('opens what the other says within the hour, and nothing after the fresh handshake', async () => {
    const { network, initiator, responder } = await openLinks('Ann', 'Bob');
    const people = [await identityOf('Ann'), await identityOf('Bob')] as const;
    const bindings = await initiator.link.opened;
    const binding = { initiator: bindings.ours, responder: bindings.theirs };
    network.carried.length = 0;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const leaked = copySession((leaks === 'initiator' ? initiator : responder).session);
    const heard: string[] = [];
    const open = (established: Established) => {
      const link = new ConversationLink(established);
      const listen = async () => {
        for (let batch = await link.receive(); batch; batch = await link.receive()) {
          heard.push(...batch.messages.map(({ content }) => content.text));
        }
      };
      void listen();
      return link;
    };
    const [ann, bob] = [open(initiator), open(responder)];
    // The other side alone speaks, so that the one that leaked never steps.
    const speaker = leaks === 'initiator' ? bob : ann;
    for (const text of ['one', 'two']) await speaker.send(await saying(text));
    await eventually(() => heard.length === 2);
    const before = network.carried.length;
    vi.advanceTimersByTime(HOUR);
    // M1, M2, M3, Finished, and the initiator's first word.
    await eventually(() => network.carried.length === before + 5);
    for (const text of ['three', 'four']) await speaker.send(await saying(text));
    await (speaker === ann ? bob : ann).send(await saying('five'));
    await eventually(() => heard.length === 5);

    const { handshakes, envelopes } = sorted(network.carried);
    const intercepted = await Promise.all(envelopes.map((envelope) => intercept(envelope, people)));
    const publicKeys: Bytes[] = intercepted.map(({ envelope }) => envelope.header.ratchetKey);
    for (const { m1, m2 } of handshakes) {
      publicKeys.push(decodeM1(m1)!.ratchetKey, decodeM2c(decodeM2(m2)!.m2c)!.ratchetKey);
    }
    const known = [...(await knownFrom(leaked, distinct(publicKeys))), new Uint8Array(32)];
    const texts: string[] = [];
    for (const one of intercepted) {
      const body = await openByAny(one, known, envelopes.length);
      if (body) texts.push(Buffer.from(body.rest).toString('latin1'));
    }
    expect(texts.map((text) => /one|two|three|four|five/.exec(text)?.[0])).toEqual(['one', 'two']);
    expect(handshakes).toHaveLength(1);
    expect(await namesByAny(handshakes[0]!, binding, known)).toEqual([]);
  });
});
