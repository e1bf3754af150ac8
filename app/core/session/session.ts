/**
 * A session: the keys between two people for as long as one link lives, or an hour, as a value. Sealing or opening gives a
 * new value, which the caller keeps before it lets the envelope go, or once what was opened has been verified; the former
 * value is then retired. The link is ordered, so the only counter accepted is the next.
 */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import type { PrivateKey } from '../../../signal/wire/keys.ts';
import { wipe } from '../crypto/wipe.ts';
import { openEnvelope, sealEnvelope, type Body, type Envelope } from '../envelope/envelope.ts';
import { advance, messageKey, stepToReceive, stepToSend, wipeRatchet, type Ratchet } from './ratchet.ts';

export interface Session {
  /** Public, 16 bytes. */
  readonly id: Bytes;
  /** Goes into the handshake that replaces this session, so that only who shares it can follow; 32 bytes. */
  readonly renewalKey: Bytes;
  readonly ratchet: Ratchet;
}

/** Whose keys sign, wrap, unwrap and verify. */
export interface SessionParties {
  readonly us: { readonly card: Card; readonly signKey: PrivateKey; readonly decryptKey: PrivateKey };
  readonly them: Card;
}

/** Seals the next envelope. The given session is not changed; no two envelopes may be sealed from it and sent. */
export async function sealInSession(
  session: Session,
  { us, them }: SessionParties,
  body: Body,
): Promise<{ session: Session; envelope: Bytes }> {
  const stepped = await stepToSend(session.ratchet);
  const { sending, ours } = stepped;
  const header = { sessionId: session.id, counter: sending.counter, ratchetKey: ours.publicKey };
  const parties = { sender: us.card.fingerprint, recipient: them.fingerprint };
  const key = await messageKey(sending);
  const envelope = await sealEnvelope(parties, header, body, {
    messageKey: key,
    encryptKey: them.encryptKey,
    signKey: us.signKey,
  });
  const ratchet = { ...stepped, sending: await advance(sending) };
  wipe(key);
  wipeRatchet(stepped, session.ratchet, ratchet);
  return { session: { ...session, ratchet }, envelope };
}

/** @returns `undefined` for anything but the next envelope of this session; the session then ends. */
export async function openInSession(
  session: Session,
  { us, them }: SessionParties,
  envelope: Envelope,
): Promise<{ session: Session; body: Body } | undefined> {
  const { sessionId, counter, ratchetKey } = envelope.header;
  if (counter !== session.ratchet.receiving.counter || !equal(sessionId, session.id)) return undefined;
  const stepped = await stepToReceive(session.ratchet, ratchetKey);
  if (!stepped) return undefined;
  const parties = { sender: them.fingerprint, recipient: us.card.fingerprint };
  const key = await messageKey(stepped.receiving);
  const keys = { messageKey: key, decryptKey: us.decryptKey, verifyKey: them.verifyKey };
  const body = await openEnvelope(parties, envelope, keys);
  const ratchet = body && { ...stepped, receiving: await advance(stepped.receiving) };
  wipe(key);
  wipeRatchet(stepped, session.ratchet, ...(ratchet ? [ratchet] : []));
  return ratchet && { session: { ...session, ratchet }, body };
}

/** Overwrites what the next session value does not go on using; without one, the session has ended. */
export function retire(session: Session, next?: Session): void {
  wipeRatchet(session.ratchet, ...(next ? [next.ratchet] : []));
  if (!next) wipe(session.renewalKey);
}
