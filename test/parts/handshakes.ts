/** Handshakes between two people, step by step, so that a test can come between any two steps. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { decodeEnvelope, type Body } from '../../app/core/envelope/envelope.ts';
import { accept, answer, complete, initiate, type HandshakeContext } from '../../app/core/session/handshake.ts';
import { openInSession, sealInSession, type Session, type SessionParties } from '../../app/core/session/session.ts';
import type { DialMode } from '../../app/core/session/signaling.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { identityOf, NOW } from './identities.ts';

/** Both sides of a handshake about to begin: I dials R. */
export interface Encounter {
  readonly initiator: HandshakeContext;
  readonly responder: HandshakeContext;
}

export type HowTheyMeet = DialMode & { readonly psk?: Bytes };

/** Contexts that fit each other, as the verified signaling of one dial would leave them. */
export function encounter(i: Identity, r: Identity, { psk, ...mode }: HowTheyMeet): Encounter {
  const binding = { initiator: randomBytes(32), responder: randomBytes(32) };
  const shared = { dialId: randomBytes(16), mode, psk, binding, now: NOW };
  return {
    initiator: { us: i, them: r.card.fingerprint, ...shared },
    responder: { us: r, them: i.card.fingerprint, ...shared },
  };
}

/** What happens to a message on its way; without an answer it arrives as it was sent. */
export interface OnTheWay {
  readonly m1?: (m1: Bytes) => Bytes;
  readonly m2?: (m2: Bytes) => Bytes;
  readonly m3?: (m3: Bytes) => Bytes;
}

const unchanged = (bytes: Bytes) => bytes;

/** Runs a handshake. @returns what each side has at its end, or at which message one of them gave up. */
export async function shakeHands({ initiator, responder }: Encounter, onTheWay: OnTheWay = {}) {
  const { m1 = unchanged, m2 = unchanged, m3 = unchanged } = onTheWay;
  const initiated = await initiate(initiator);
  const answered = await answer(responder, m1(initiated.m1));
  if (!answered) return { refused: 'm1' } as const;
  const completed = await complete(initiator, initiated, m2(answered.m2));
  if (!completed) return { refused: 'm2' } as const;
  const accepted = await accept(responder, answered, m3(completed.m3));
  if (!accepted) return { refused: 'm3' } as const;
  return { initiator: completed, responder: accepted } as const;
}

/** One side of a session, as a value. */
export interface Side {
  readonly session: Session;
  readonly parties: SessionParties;
}

/** Two people in a session that a pinned handshake made; the first of them dialled. */
export async function inSession(i: string, r: string): Promise<[Side, Side]> {
  const [a, b] = [await identityOf(i), await identityOf(r)];
  const met = await shakeHands(encounter(a, b, { mode: 'pinned' }));
  if ('refused' in met) throw new Error(`the handshake ended at ${met.refused}`);
  return [
    { session: met.initiator.session, parties: { us: a, them: met.initiator.peer.card } },
    { session: met.responder.session, parties: { us: b, them: met.responder.peer.card } },
  ];
}

/** Seals a body in a session. @returns the envelope, and the side as it is afterwards. */
export async function sealBy(side: Side, body: Body): Promise<{ side: Side; envelope: Bytes }> {
  const { session, envelope } = await sealInSession(side.session, side.parties, body);
  return { side: { ...side, session }, envelope };
}

/** Opens an envelope in a session. @returns its body, and the side as it is afterwards; or undefined. */
export async function openBy(side: Side, bytes: Bytes): Promise<{ side: Side; body: Body } | undefined> {
  const envelope = decodeEnvelope(bytes);
  const opened = envelope && (await openInSession(side.session, side.parties, envelope));
  return opened && { side: { ...side, session: opened.session }, body: opened.body };
}
