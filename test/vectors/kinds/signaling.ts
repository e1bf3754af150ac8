/** Signaling payloads of a dial from Ann to Bob, pinned and by Bob's invite: one payload of each type. */
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import {
  answerDial,
  decodeSignal,
  dialInvite,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
  type Signal,
} from '../../../app/core/session/signaling.ts';
import { check, same } from '../../contracts/check.ts';
import { counting, withRandomness } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';

interface Exchange {
  readonly offer: string;
  readonly answer: string;
  readonly candidates: string;
  readonly refusal: string;
}

const OFFER: Signal = { type: 'offer', text: 'an offer of Ann – v=0' };
const ANSWER: Signal = { type: 'answer', text: 'an answer of Bob – v=0' };
const CANDIDATES: Signal = { type: 'candidates', text: 'candidates of Ann' };
const REFUSAL: Signal = { type: 'refusal', text: 'a refusal of Bob' };
const DIAL_ID = counting(16, 10);
const PINNED_SECRET = counting(32, 40);
const INVITE_ID = counting(32, 80);
const INVITE_KEY = counting(32, 120);

async function sealed(us: Identity, them: Identity, dial: DialKeys, signal: Signal, nonce: Bytes): Promise<Bytes> {
  const parties = { us, them: them.card.fingerprint };
  const payload = await withRandomness([nonce], () => sealSignal(parties, dial, signal));
  check(payload !== undefined, 'the signal fits');
  return payload;
}

/** How Bob takes up a dial that a payload of Ann opens. */
async function answered({ ann, bob }: People, offer: Bytes): Promise<DialKeys> {
  const taken = decodeSignal(offer);
  check(taken !== undefined, 'the offer decodes');
  const dial = await answerDial({ us: bob, them: ann.card.fingerprint }, taken, INVITE_KEY);
  check(dial !== undefined, 'the offer was made for Bob');
  return dial;
}

async function exchange(people: People, dial: DialKeys): Promise<Exchange> {
  const { ann, bob } = people;
  const offer = await sealed(ann, bob, dial, OFFER, counting(12, 160));
  const theirs = await answered(people, offer);
  const answer = await sealed(bob, ann, theirs, ANSWER, counting(12, 180));
  const candidates = await sealed(ann, bob, dial, CANDIDATES, counting(12, 200));
  const refusal = await sealed(bob, ann, theirs, REFUSAL, counting(12, 220));
  return { offer: toHex(offer), answer: toHex(answer), candidates: toHex(candidates), refusal: toHex(refusal) };
}

/** What one of the two reads in a payload of the other. */
async function read(payload: Bytes, us: Identity, them: Identity, dial: DialKeys): Promise<Signal> {
  const taken = decodeSignal(payload);
  check(taken !== undefined, 'the payload decodes');
  const pinned = dial.mode.mode === 'pinned' ? them.card : undefined;
  const opened = await openSignal({ us, them: them.card.fingerprint }, dial, taken, pinned);
  check(opened !== undefined, 'the payload opens');
  same(opened.card.bytes, them.card.bytes, 'the card that signed');
  return opened.signal;
}

/** @throws unless both read each other, and the dial has this secret. */
async function holds(people: People, exchanged: Exchange, secret: Bytes): Promise<void> {
  const { ann, bob } = people;
  const { offer, answer, candidates, refusal } = exchanged;
  const dial = await answered(people, hex(offer));
  const ours: DialKeys = { ...dial, role: 'dialler' };
  check(equal(dial.dialId, DIAL_ID), 'the dial has its id');
  check(equal(dial.secret, secret), 'the dial has its secret');
  same(await read(hex(offer), bob, ann, dial), OFFER, 'what Bob reads');
  same(await read(hex(answer), ann, bob, ours), ANSWER, 'what Ann reads');
  same(await read(hex(candidates), bob, ann, dial), CANDIDATES, 'what Bob reads then');
  same(await read(hex(refusal), ann, bob, ours), REFUSAL, 'what Ann reads then');
}

export const signaling: Kind<{ readonly pinned: Exchange; readonly invite: Exchange }> = {
  async make(people) {
    const { ann, bob } = people;
    const parties = { us: ann, them: bob.card.fingerprint };
    const pinned = await withRandomness([DIAL_ID, PINNED_SECRET], () => dialPinned(parties, bob.card));
    const invite = await withRandomness([DIAL_ID], () => dialInvite(INVITE_ID, INVITE_KEY));
    return { pinned: await exchange(people, pinned), invite: await exchange(people, invite) };
  },
  promises: [
    {
      promise: 'a dial between pinned people opens, and both read each other',
      holds: ({ vector, ...people }) => holds(people, vector.pinned, PINNED_SECRET),
    },
    {
      promise: 'a dial by invite opens with the key of the invite, and both read each other',
      holds: ({ vector, ...people }) => holds(people, vector.invite, INVITE_KEY),
    },
  ],
};
