/** A conversation of Ann, who dialled, and Bob: every envelope, with the key it was sealed under. */
import { toHex, utf8 } from '../../../signal/wire/bytes.ts';
import { decodeEnvelope } from '../../../app/core/envelope/envelope.ts';
import { advance, messageKey, startRatchet, stepToSend } from '../../../app/core/session/ratchet.ts';
import { openInSession, sealInSession, type Session } from '../../../app/core/session/session.ts';
import { check, same } from '../../contracts/check.ts';
import { counting, keptKeyPair, keyPairOf, withKeyPairs } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';

type Name = 'ann' | 'bob';

interface Said {
  /** A name; files know no more than that it is text. */
  readonly by: string;
  /** The key pair made for it, if it took a step. */
  readonly newKey?: string;
  readonly messageKey: string;
  readonly envelope: string;
}

interface Conversation {
  readonly annsKey: string;
  readonly bobsKey: string;
  readonly said: readonly Said[];
}

const ID = counting(16, 1);
const ROOT = counting(32, 100);
/** No envelope depends on it. */
const RENEWAL_KEY = new Uint8Array(32);
/** Bob says Finished, then it goes to and fro; nobody steps twice without the other's step between. */
const ORDER: readonly Name[] = ['bob', 'bob', 'ann', 'ann', 'bob', 'ann', 'bob'];

const bodyOf = (place: number) => ({ entries: utf8(`entries ${place}`), rest: utf8(`rest ${place}`) });
const nameOf = (by: string): Name => (by === 'ann' ? 'ann' : 'bob');
const other = (name: Name): Name => (name === 'ann' ? 'bob' : 'ann');

function partiesOf(people: People, name: Name) {
  return { us: people[name], them: people[other(name)].card };
}

async function begin(annsKey: CryptoKeyPair, bobsKey: CryptoKeyPair): Promise<Record<Name, Session>> {
  const raw = async ({ publicKey }: CryptoKeyPair) => new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  const anns = { privateKey: annsKey.privateKey, publicKey: await raw(annsKey) };
  const bobs = { privateKey: bobsKey.privateKey, publicKey: await raw(bobsKey) };
  return {
    ann: { id: ID, renewalKey: RENEWAL_KEY, ratchet: await startRatchet(ROOT, 'initiator', anns, bobs.publicKey) },
    bob: { id: ID, renewalKey: RENEWAL_KEY, ratchet: await startRatchet(ROOT, 'responder', bobs, anns.publicKey) },
  };
}

/** The next state of a sender, and the key it sealed under. */
async function stepped(session: Session, newKey: CryptoKeyPair | undefined) {
  const ratchet = await withKeyPairs(newKey ? [newKey] : [], () => stepToSend(session.ratchet));
  const key = toHex(await messageKey(ratchet.sending));
  return { key, session: { ...session, ratchet: { ...ratchet, sending: await advance(ratchet.sending) } } };
}

/** The next state of whoever reads. @throws unless the envelope opens to the body of its place. */
async function read(people: People, reader: Name, session: Session, envelope: string, place: number): Promise<Session> {
  const taken = decodeEnvelope(hex(envelope));
  const opened = taken && (await openInSession(session, partiesOf(people, reader), taken));
  check(opened !== undefined, `${reader} opens envelope ${place}`);
  same(opened.body, bodyOf(place), `the body of envelope ${place}`);
  return opened.session;
}

export const session: Kind<Conversation> = {
  async make(people) {
    const [anns, bobs] = [await keptKeyPair(), await keptKeyPair()];
    const sessions = await begin(anns.pair, bobs.pair);
    const said: Said[] = [];
    for (const [place, by] of ORDER.entries()) {
      const fresh = sessions[by].ratchet.holdsToken ? await keptKeyPair() : undefined;
      const { key } = await stepped(sessions[by], fresh?.pair);
      const sealing = () => sealInSession(sessions[by], partiesOf(people, by), bodyOf(place));
      const sealed = await withKeyPairs(fresh ? [fresh.pair] : [], sealing);
      const envelope = toHex(sealed.envelope);
      const newKey = fresh && { newKey: toHex(fresh.pkcs8) };
      said.push({ by, ...newKey, messageKey: key, envelope });
      sessions[by] = sealed.session;
      sessions[other(by)] = await read(people, other(by), sessions[other(by)], envelope, place);
    }
    return { annsKey: toHex(anns.pkcs8), bobsKey: toHex(bobs.pkcs8), said };
  },
  promises: [
    {
      promise: 'a conversation comes to the same keys at every turn, and every envelope opens',
      async holds({ vector, ...people }) {
        const sessions = await begin(await keyPairOf(hex(vector.annsKey)), await keyPairOf(hex(vector.bobsKey)));
        for (const [place, { newKey, messageKey: key, envelope, ...said }] of vector.said.entries()) {
          const by = nameOf(said.by);
          const sent = await stepped(sessions[by], newKey === undefined ? undefined : await keyPairOf(hex(newKey)));
          same(sent.key, key, `the message key of envelope ${place}`);
          sessions[by] = sent.session;
          sessions[other(by)] = await read(people, other(by), sessions[other(by)], envelope, place);
        }
        same(sessions.ann.ratchet.rootKey, sessions.bob.ratchet.rootKey, 'the root at the end');
      },
    },
  ],
};
