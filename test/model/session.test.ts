/**
 * The session, with real envelopes, in every order of sealing, opening and losing the link, for two who may both type at
 * once. The states are explored until there are no more, so what is checked here holds for conversations of any length
 * in which no more than UNDER_WAY envelopes of each are under way at once.
 *
 * Keys are random, so states are told apart by which of their keys are equal, not by the keys. That is enough: the
 * transitions compare keys and counters only for equality, and else put them through functions that give different
 * results for different keys. What counts up is taken relative to the other side, as only that is ever compared.
 */
import { expect, it } from 'vitest';
import { toHex, utf8, type Bytes } from '../../signal/wire/bytes.ts';
import { decodeEnvelope } from '../../app/core/envelope/envelope.ts';
import type { Ratchet } from '../../app/core/session/ratchet.ts';
import { retire, type Session } from '../../app/core/session/session.ts';
import { copySession } from '../parts/copied-session.ts';
import { inSession, openBy, sealBy, type Side } from '../parts/handshakes.ts';
import { times } from '../parts/long.ts';
import { NAMES, otherOf, type Name } from './names.ts';
import { exploreStates, type Move } from './states.ts';
import { checkKeysOnce, forgetSealings, takeSealings, type Sealing } from './watch.ts';

/** Envelopes of each that may be under way. */
const UNDER_WAY = times(3, 4);
/** Envelopes, of those that were opened last, that are tried again in every state. */
const TRIED_AGAIN = 4;

interface Letter {
  readonly from: Name;
  readonly envelope: Bytes;
  readonly text: string;
  /** The keys its sender had after sealing it: what opening it will have to lead to. */
  readonly root: string;
  readonly chain: string;
}

interface Talk {
  readonly sides: Readonly<Record<Name, Side>>;
  /** Under way, oldest first, by who sent them. */
  readonly letters: Readonly<Record<Name, readonly Letter[]>>;
  /** Opened or lost, the newest last. */
  readonly gone: readonly Letter[];
  /** What was used on the way here: keys, places of envelopes, roots that were stepped from. */
  readonly sealings: readonly Sealing[];
  readonly used: ReadonlySet<string>;
  readonly said: number;
}

const say = (text: string) => ({ entries: utf8(text), rest: new Uint8Array(0) });

/** What is new, put beside what was used. @throws if it was used before */
function used(talk: Talk, ...what: readonly string[]): ReadonlySet<string> {
  const all = new Set(talk.used);
  for (const one of what) {
    if (all.has(one)) throw new Error(`used twice: ${one}`);
    all.add(one);
  }
  return all;
}

/** Does something with a copy of a session, and overwrites what it leaves behind, as the owner of a session does. */
async function moved<T extends { side: Side }>(side: Side, act: (side: Side) => Promise<T>): Promise<T> {
  const copy = { ...side, session: copySession(side.session) };
  forgetSealings();
  const result = await act(copy);
  retire(copy.session, result.side.session);
  return result;
}

async function seal(talk: Talk, from: Name): Promise<Talk> {
  const before = talk.sides[from].session;
  const text = `${talk.said + 1}`;
  const { side, envelope } = await moved(talk.sides[from], (mine) => sealBy(mine, say(text)));
  const sealings = [...talk.sealings, ...takeSealings()];
  checkKeysOnce(sealings);
  const { sending, rootKey } = side.session.ratchet;
  const header = decodeEnvelope(envelope)!.header;
  const place = `place ${from} ${toHex(header.sessionId)} ${header.counter}`;
  const stepped = toHex(rootKey) !== toHex(before.ratchet.rootKey);
  const steps = stepped ? [`step from ${toHex(before.ratchet.rootKey)}`] : [];
  const letter = { from, envelope, text, root: toHex(rootKey), chain: toHex(sending.key) };
  return {
    ...talk,
    sides: { ...talk.sides, [from]: side },
    letters: { ...talk.letters, [from]: [...talk.letters[from], letter] },
    sealings,
    used: used(talk, place, `chain ${letter.chain}`, ...steps),
    said: talk.said + 1,
  };
}

async function open(talk: Talk, from: Name): Promise<Talk> {
  const to = otherOf(from);
  const [letter, ...others] = talk.letters[from] as [Letter, ...Letter[]];
  const { side, body } = await moved(talk.sides[to], async (theirs) => {
    const opened = await openBy(theirs, letter.envelope);
    if (!opened) throw new Error('an honest envelope in its order was refused');
    return opened;
  });
  expect(Buffer.from(body.entries).toString()).toBe(letter.text);
  expect(toHex(side.session.ratchet.receiving.key), 'the chains are one').toBe(letter.chain);
  return {
    ...talk,
    sides: { ...talk.sides, [to]: side },
    letters: { ...talk.letters, [from]: others },
    gone: [...talk.gone, letter].slice(-TRIED_AGAIN),
    used: used(talk, `text ${letter.text}`),
  };
}

async function begin(dialler: Name): Promise<Talk['sides']> {
  const [initiator, responder] = await inSession(dialler, otherOf(dialler));
  return dialler === 'Ann' ? { Ann: initiator, Bob: responder } : { Ann: responder, Bob: initiator };
}

/** Whatever was under way is lost with its link, and both have a new session. */
async function redial(talk: Talk, dialler: Name): Promise<Talk> {
  const gone = [...talk.gone, ...talk.letters.Ann, ...talk.letters.Bob].slice(-TRIED_AGAIN);
  return { ...talk, sides: await begin(dialler), letters: { Ann: [], Bob: [] }, gone };
}

function moves(talk: Talk): Move<Talk>[] {
  return NAMES.flatMap((name) => [
    ...(talk.letters[name].length < UNDER_WAY ? [{ name: `${name} seals`, make: () => seal(talk, name) }] : []),
    ...(talk.letters[name].length > 0 ? [{ name: `${otherOf(name)} opens`, make: () => open(talk, name) }] : []),
    { name: `the link is lost, and ${name} dials`, make: () => redial(talk, name) },
  ]);
}

const ahead = (sender: Session, recipient: Session) =>
  sender.ratchet.sending.counter - recipient.ratchet.receiving.counter;

function fingerprint({ sides: { Ann, Bob }, letters }: Talk): string {
  const numbers = new Map<string, number>();
  const number = (key: string) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
  const ofRatchet = ({ rootKey, sending, receiving, ours, theirs, holdsToken }: Ratchet) => [
    ...[rootKey, sending.key, receiving.key, ours.publicKey, theirs].map((key) => number(toHex(key))),
    holdsToken,
  ];
  const ofLetter = ({ envelope, root, chain }: Letter) =>
    [toHex(decodeEnvelope(envelope)!.header.ratchetKey), root, chain].map(number);
  return JSON.stringify([
    ofRatchet(Ann.session.ratchet),
    ofRatchet(Bob.session.ratchet),
    ahead(Ann.session, Bob.session),
    ahead(Bob.session, Ann.session),
    letters.Ann.map(ofLetter),
    letters.Bob.map(ofLetter),
  ]);
}

async function check({ sides, letters, gone }: Talk): Promise<void> {
  // What comes again, too early, or back to its sender is not accepted.
  for (const letter of [...gone, ...letters.Ann, ...letters.Bob]) {
    for (const name of NAMES) {
      if (name !== letter.from && letter === letters[letter.from][0]) continue;
      if (await openBy(sides[name], letter.envelope)) throw new Error(`${name} accepted ${letter.text} out of turn`);
    }
  }
  const [ann, bob] = [sides.Ann.session.ratchet, sides.Bob.session.ratchet];
  if (ann.holdsToken && bob.holdsToken) throw new Error('both hold the token');
  const keysOf = (mine: Ratchet, theirs: Ratchet, sent: readonly Letter[]) =>
    sent.length > 0 || toHex(mine.sending.key) === toHex(theirs.receiving.key);
  if (!keysOf(ann, bob, letters.Ann) || !keysOf(bob, ann, letters.Bob)) throw new Error('the chains have forked');
  if (letters.Ann.length + letters.Bob.length > 0) return;
  if (ann.holdsToken === bob.holdsToken) throw new Error('nothing is under way, and nobody holds the token');
  if (toHex(ann.rootKey) !== toHex(bob.rootKey)) throw new Error('the roots have forked');
}

it('holds in every state that two can get a session into', async () => {
  const sides = await begin('Ann');
  const start = { sides, letters: { Ann: [], Bob: [] }, gone: [], sealings: [], used: new Set<string>(), said: 0 };
  const explored = await exploreStates<Talk>({ start, moves, fingerprint, check, depth: 100 });
  const { states, moves: made, farthest, closed } = explored;
  console.log(
    `Session: ${states} states, ${made} moves, the farthest after ${farthest}; ${UNDER_WAY} under way at most.`,
  );
  expect(closed).toBe(true);
  expect(states).toBeGreaterThan(30);
  expect(farthest).toBeGreaterThan(2 * UNDER_WAY);
}, 600_000);
