/** Handshakes that Ann began with Bob, pinned and by his invite: every message, and the keys that come of them. */
import { concat, lp, toHex } from '../../../signal/wire/bytes.ts';
import { label, sha256 } from '../../../signal/wire/keys.ts';
import type { RatchetKey } from '../../../app/core/crypto/dh.ts';
import { generateKemKeyPair } from '../../../app/core/crypto/kem.ts';
import { accept, answer, complete, initiate, type HandshakeContext } from '../../../app/core/session/handshake.ts';
import { decodeM2 } from '../../../app/core/session/handshake-messages.ts';
import type { Session } from '../../../app/core/session/session.ts';
import type { DialMode } from '../../../app/core/session/signaling.ts';
import { check, same } from '../../contracts/check.ts';
import { counting, keptKeyPair, keyPairOf, withKeyPairs, withRandomness } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';
import { MADE_AT } from '../people.ts';

interface Run {
  readonly initiatorKey: string;
  readonly responderKey: string;
  readonly m1: string;
  readonly m2: string;
  readonly m3: string;
  readonly hs: string;
  readonly session: Keys;
}

interface Keys {
  readonly id: string;
  readonly renewalKey: string;
  readonly rootKey: string;
  readonly ofInitiator: string;
  readonly ofResponder: string;
}

const KEM_SEED = counting(64, 1);
const KEM_MESSAGE = counting(32, 80);
const PSK = counting(32, 120);
const INVITE: DialMode = { mode: 'invite', inviteId: counting(32, 160) };
const PINNED: DialMode = { mode: 'pinned' };
const BINDING = { initiator: counting(32, 10), responder: counting(32, 50) };

function contexts({ ann, bob }: People, mode: DialMode): { initiator: HandshakeContext; responder: HandshakeContext } {
  const psk = mode.mode === 'invite' ? PSK : undefined;
  const shared = { dialId: counting(16, 200), mode, psk, binding: BINDING, now: MADE_AT };
  return {
    initiator: { us: ann, them: bob.card.fingerprint, ...shared },
    responder: { us: bob, them: ann.card.fingerprint, ...shared },
  };
}

function keysOf({ id, renewalKey, ratchet }: Session): Keys {
  const { rootKey, sending, receiving } = ratchet;
  return {
    id: toHex(id),
    renewalKey: toHex(renewalKey),
    rootKey: toHex(rootKey),
    ofInitiator: toHex(receiving.key),
    ofResponder: toHex(sending.key),
  };
}

async function ratchetKeyOf(pkcs8: string): Promise<RatchetKey> {
  const { privateKey, publicKey } = await keyPairOf(hex(pkcs8));
  return { privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)) };
}

/** How the responder stands after M2, from the bytes alone. */
async function answeredBy(run: Run): Promise<Parameters<typeof accept>[1]> {
  const m2 = decodeM2(hex(run.m2))!;
  const channel = concat(lp(BINDING.initiator), lp(BINDING.responder));
  const th1 = await sha256(concat(label('th1'), lp(hex(run.m1)), lp(m2.m2c), lp(channel)));
  const th2 = await sha256(concat(label('th2'), th1, lp(m2.m2s)));
  const theirRatchetKey = (await ratchetKeyOf(run.initiatorKey)).publicKey;
  return { ratchetKey: await ratchetKeyOf(run.responderKey), theirRatchetKey, hs: hex(run.hs), th2, m2: hex(run.m2) };
}

async function run(people: People, mode: DialMode): Promise<Run> {
  const { initiator, responder } = contexts(people, mode);
  const [ours, theirs] = [await keptKeyPair(), await keptKeyPair()];
  const begin = () => withRandomness([KEM_SEED], () => initiate(initiator));
  const initiated = await withKeyPairs([ours.pair], begin);
  const answered = await withKeyPairs([theirs.pair], () =>
    withRandomness([KEM_MESSAGE], () => answer(responder, initiated.m1)),
  );
  check(answered !== undefined, 'Bob answers');
  const hs = toHex(answered.hs);
  const completed = await complete(initiator, initiated, answered.m2);
  check(completed !== undefined, 'Ann takes the answer');
  const accepted = await accept(responder, answered, completed.m3);
  check(accepted !== undefined, 'Bob takes M3');
  return {
    initiatorKey: toHex(ours.pkcs8),
    responderKey: toHex(theirs.pkcs8),
    m1: toHex(initiated.m1),
    m2: toHex(answered.m2),
    m3: toHex(completed.m3),
    hs,
    session: keysOf(accepted.session),
  };
}

/** @throws unless each side makes of these keys and messages what it once made. */
async function holds(people: People, frozen: Run, mode: DialMode): Promise<void> {
  const { initiator, responder } = contexts(people, mode);
  const [ours, theirs] = [await keyPairOf(hex(frozen.initiatorKey)), await keyPairOf(hex(frozen.responderKey))];
  const begin = () => withRandomness([KEM_SEED], () => initiate(initiator));
  same(toHex((await withKeyPairs([ours], begin)).m1), frozen.m1, 'M1');

  const answerAgain = () => withRandomness([KEM_MESSAGE], () => answer(responder, hex(frozen.m1)));
  const answered = await withKeyPairs([theirs], answerAgain);
  check(answered !== undefined, 'Bob answers M1');
  same(toHex(decodeM2(answered.m2)!.m2c), toHex(decodeM2(hex(frozen.m2))!.m2c), 'the open half of M2');
  same(toHex(answered.hs), frozen.hs, 'the secret of the handshake');

  const kem = await withRandomness([KEM_SEED], () => generateKemKeyPair());
  const initiated = { ratchetKey: await ratchetKeyOf(frozen.initiatorKey), kem, m1: hex(frozen.m1) };
  const completed = await complete(initiator, initiated, hex(frozen.m2));
  check(completed !== undefined, 'Ann takes M2');
  same([completed.peer.name, completed.peer.card.bytes], ['Bob', people.bob.card.bytes], 'whom Ann speaks to');

  const accepted = await accept(responder, await answeredBy(frozen), hex(frozen.m3));
  check(accepted !== undefined, 'Bob takes M3');
  same([accepted.peer.name, accepted.peer.card.bytes], ['Ann', people.ann.card.bytes], 'whom Bob speaks to');
  same(keysOf(accepted.session), frozen.session, 'the keys of the session');
}

export const handshake: Kind<{ readonly pinned: Run; readonly invite: Run }> = {
  make: async (people) => ({ pinned: await run(people, PINNED), invite: await run(people, INVITE) }),
  promises: [
    {
      promise: 'a handshake between pinned people comes to the same keys',
      holds: ({ vector, ...people }) => holds(people, vector.pinned, PINNED),
    },
    {
      promise: 'a handshake by invite comes to the same keys',
      holds: ({ vector, ...people }) => holds(people, vector.invite, INVITE),
    },
  ],
};
