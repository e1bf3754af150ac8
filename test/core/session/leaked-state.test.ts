/**
 * Somebody gets a copy of one side's session at some moment, private ratchet key included, holds the private RSA keys of both
 * sides, and records everything. Nothing from before opens; nor does what that side writes from its next own step on, nor
 * what the other writes once it has heard of that step. All in between opens, which shows that the attack is one.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import type { Session } from '../../../app/core/session/session.ts';
import { inSession, openBy, sealBy, type Side } from '../../parts/handshakes.ts';
import { identityOf } from '../../parts/identities.ts';
import { distinct, intercept, knownFrom, openByAny, type Intercepted } from '../../parts/later-attacker.ts';

type Who = 'initiator' | 'responder';
const otherThan = (who: Who): Who => (who === 'initiator' ? 'responder' : 'initiator');

/** One of the two writes, or reads the next that the other has written. */
type Move = readonly [Who, 'writes' | 'reads'];

interface Written {
  readonly by: Who;
  readonly envelope: Bytes;
  readonly text: string;
  /** Whether it was sealed with what came after the step that heals. */
  readonly healed: boolean;
  exposed: boolean;
}

const textOf = (side: Side, text: string) => sealBy(side, { entries: utf8(text), rest: new Uint8Array(0) });

/** Plays a conversation in which one side leaks its state before one of the moves. */
async function play(start: Readonly<Record<Who, Side>>, moves: readonly Move[], leaks: Who, at: number) {
  const sides = { ...start };
  const unread: Record<Who, Written[]> = { initiator: [], responder: [] };
  const all: Written[] = [];
  let leaked: Session | undefined;
  let otherHeard = false;
  for (const [index, [who, does]] of moves.entries()) {
    if (index === at) {
      leaked = sides[leaks].session;
      // What is still on its way to this side is to be opened with what it holds now.
      for (const written of unread[leaks]) written.exposed = true;
    }
    if (does === 'writes') {
      const { side, envelope } = await textOf(sides[who], `text ${index}`);
      sides[who] = side;
      const stepped = leaked !== undefined && side.session.ratchet.ours !== leaked.ratchet.ours;
      const healed = who === leaks ? stepped : otherHeard;
      const written = { by: who, envelope, text: `text ${index}`, healed, exposed: leaked !== undefined && !healed };
      all.push(written);
      unread[otherThan(who)].push(written);
    } else {
      const next = unread[who].shift();
      if (!next) continue;
      sides[who] = (await openBy(sides[who], next.envelope))!.side;
      if (who !== leaks && next.healed) otherHeard = true;
    }
  }
  return { all, leaked: leaked! };
}

/** What of a conversation somebody with a leaked state reads. */
async function attack(envelopes: readonly Bytes[], people: readonly [Identity, Identity], leaked: Session) {
  const intercepted: Intercepted[] = [];
  for (const envelope of envelopes) intercepted.push(await intercept(envelope, people));
  const keys = distinct(intercepted.map(({ envelope }) => envelope.header.ratchetKey));
  const known = await knownFrom(leaked, keys);
  const texts: string[] = [];
  for (const one of intercepted) {
    const body = await openByAny(one, known, envelopes.length);
    if (body) texts.push(Buffer.from(body.entries).toString());
  }
  return texts;
}

const MOVES = fc.array(
  fc.tuple(fc.constantFrom<Who>('initiator', 'responder'), fc.constantFrom('writes' as const, 'reads' as const)),
  { minLength: 4, maxLength: 12, size: 'max' },
);

describe.each(['initiator', 'responder'] as const)('a copy of the state of the %s', (leaks) => {
  it('opens what follows until its next own step is heard of, and nothing else, whoever writes when', async () => {
    const people = [await identityOf('Ann'), await identityOf('Bob')] as const;
    const [initiator, responder] = await inSession('Ann', 'Bob');
    const met = { read: 0, kept: 0, withToken: 0, withoutToken: 0 };
    await fc.assert(
      fc.asyncProperty(MOVES, fc.nat(11), async (moves, at) => {
        const { all, leaked } = await play({ initiator, responder }, moves, leaks, at % moves.length);
        const texts = await attack(
          all.map(({ envelope }) => envelope),
          people,
          leaked,
        );
        expect(texts).toEqual(all.filter(({ exposed }) => exposed).map(({ text }) => text));
        met[leaked.ratchet.holdsToken ? 'withToken' : 'withoutToken']++;
        met.read += texts.length;
        met.kept += all.length - texts.length;
      }),
      { numRuns: 25 },
    );
    // The attack was one, with and without the token.
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(0);
  }, 60_000);
});
