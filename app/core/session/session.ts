/**
 * A session: the keys between two people for as long as one link lives, as a value. Sealing or opening gives a new
 * value, which the caller keeps before it lets the envelope go, or once what was opened has been verified. Each
 * direction has one symmetric chain: MK = HMAC(CK, 1), CK' = HMAC(CK, 2). The link is ordered, so the only counter
 * accepted is the next.
 */
import { equal, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import type { PrivateKey } from '../../../signal/wire/keys.ts';
import { hmac } from '../crypto/kdf.ts';
import { decodeEnvelope, openEnvelope, sealEnvelope, type Body } from '../envelope/envelope.ts';

export interface Chain {
  readonly key: Bytes;
  readonly counter: number;
}

export interface Session {
  readonly id: Bytes;
  readonly sending: Chain;
  readonly receiving: Chain;
  readonly ourRatchetKey: Bytes;
  readonly theirRatchetKey: Bytes;
}

/** Whose keys sign, wrap, unwrap and verify. */
export interface SessionParties {
  readonly us: { readonly card: Card; readonly signKey: PrivateKey; readonly decryptKey: PrivateKey };
  readonly them: Card;
}

function messageKey(chain: Chain): Promise<Bytes> {
  return hmac(chain.key, u8(1));
}

async function advance(chain: Chain): Promise<Chain> {
  return { key: await hmac(chain.key, u8(2)), counter: chain.counter + 1 };
}

export async function sealInSession(
  session: Session,
  { us, them }: SessionParties,
  body: Body,
): Promise<{ session: Session; envelope: Bytes }> {
  const { sending } = session;
  const header = { sessionId: session.id, counter: sending.counter, ratchetKey: session.ourRatchetKey };
  const parties = { sender: us.card.fingerprint, recipient: them.fingerprint };
  const keys = { messageKey: await messageKey(sending), encryptKey: them.encryptKey, signKey: us.signKey };
  const envelope = await sealEnvelope(parties, header, body, keys);
  return { session: { ...session, sending: await advance(sending) }, envelope };
}

/** @returns `undefined` for anything but the next envelope of this session; the session then ends. */
export async function openInSession(
  session: Session,
  { us, them }: SessionParties,
  bytes: Bytes,
): Promise<{ session: Session; body: Body } | undefined> {
  const envelope = decodeEnvelope(bytes);
  if (!envelope) return undefined;
  const { header } = envelope;
  const { receiving } = session;
  if (header.counter !== receiving.counter || !equal(header.sessionId, session.id)) return undefined;
  if (!equal(header.ratchetKey, session.theirRatchetKey)) return undefined;
  const parties = { sender: them.fingerprint, recipient: us.card.fingerprint };
  const keys = { messageKey: await messageKey(receiving), decryptKey: us.decryptKey, verifyKey: them.verifyKey };
  const body = await openEnvelope(parties, envelope, keys);
  return body && { session: { ...session, receiving: await advance(receiving) }, body };
}
