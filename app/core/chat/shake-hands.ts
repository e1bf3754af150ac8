/** The handshake as it goes over an open link: who sends which frame when, and what must be durable before the last. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { supersedes, type Card } from '../../../signal/wire/card.ts';
import type { PrivateKey } from '../../../signal/wire/keys.ts';
import { LinkError } from '../base/errors.ts';
import { wipe } from '../crypto/wipe.ts';
import { decodeEnvelope, type Body } from '../envelope/envelope.ts';
import { decodeBatch, encodeBatch } from '../log/batch.ts';
import { accept, answer, complete, initiate, type HandshakeContext, type ProvenPeer } from '../session/handshake.ts';
import { HANDSHAKE_VERSION, isForeignM1 } from '../session/handshake-messages.ts';
import { openInSession, retire, sealInSession, type Session, type SessionParties } from '../session/session.ts';
import { decodeFrame, encodeFrame, type FrameKind } from '../transport/frames.ts';
import type { Link } from '../transport/link.ts';

export interface HandshakeParts {
  /** Carries the frames of this handshake, and no others. */
  readonly channel: Channel;
  readonly context: HandshakeContext;
  readonly decryptKey: PrivateKey;
  /** The card we know of them, if we do; an older one is refused. */
  readonly pinned: Card | undefined;
  /** Makes durable what the handshake proved, before the session is used. */
  readonly commit: (peer: ProvenPeer) => Promise<void>;
}

export type Channel = Pick<Link, 'read' | 'write'>;

/** Whom one speaks with, as whom, and the session to do it in. */
export interface Shaken {
  /** Ourselves as the handshake showed us: what the other says in its session is sealed for this card. */
  readonly us: SessionParties['us'];
  readonly session: Session;
  readonly peer: ProvenPeer;
}

/** The side that dialled. @throws LinkError; or what `commit` throws */
export async function shakeHandsFirst(parts: HandshakeParts): Promise<Shaken> {
  const { channel, context, pinned } = parts;
  const initiated = await initiate(context);
  try {
    await write(channel, 'm1', initiated.m1);
    const completed = await complete(context, initiated, await read(channel, 'm2'));
    if (!completed) throw new LinkError('protocol');
    checkCard(completed.peer, pinned);
    await write(channel, 'm3', completed.m3);
    return await takeFinished(parts, completed);
  } finally {
    wipe(initiated.kem.secretKey);
  }
}

/** The other's first envelope, empty, says that they have made us durable. No content leaves before. */
async function takeFinished(
  { channel, context, decryptKey, commit }: HandshakeParts,
  { session, peer }: Pick<Shaken, 'session' | 'peer'>,
): Promise<Shaken> {
  let current = session;
  const us = { ...context.us, decryptKey };
  try {
    const parties = { us, them: peer.card };
    const envelope = decodeEnvelope(await read(channel, 'envelope'));
    const finished = envelope && (await openInSession(session, parties, envelope));
    const batch = finished && (await decodeBatch(finished.body));
    if (!finished || batch?.messages.length !== 0) throw new LinkError('protocol');
    retire(session, finished.session);
    current = finished.session;
    await commit(peer);
    return { us, session: current, peer };
  } catch (error) {
    retire(current);
    throw error;
  }
}

/** The side that answered. @throws LinkError; or what `commit` throws */
export async function shakeHandsBack({
  channel,
  context,
  decryptKey,
  pinned,
  commit,
}: HandshakeParts): Promise<Shaken> {
  const m1 = await read(channel, 'm1');
  if (isForeignM1(m1)) {
    await write(channel, 'version-refused', Uint8Array.of(HANDSHAKE_VERSION));
    throw new LinkError('version');
  }
  const answered = await answer(context, m1);
  if (!answered) throw new LinkError('protocol');
  await write(channel, 'm2', answered.m2);
  const accepted = await accept(context, answered, await read(channel, 'm3'));
  if (!accepted) throw new LinkError('protocol');
  const { session, peer } = accepted;
  checkCard(peer, pinned);
  await commit(peer);
  const us = { ...context.us, decryptKey };
  const sealed = await sealInSession(session, { us, them: peer.card }, nothingToSay());
  retire(session, sealed.session);
  await write(channel, 'envelope', sealed.envelope);
  return { us, session: sealed.session, peer };
}

/** The body of an envelope that says no more than that its sender has come this far. */
export function nothingToSay(): Body {
  return encodeBatch({ messages: [], acknowledgements: [] });
}

/** A card older than the one we know has been rolled back. */
function checkCard({ card }: ProvenPeer, pinned: Card | undefined): void {
  if (pinned && !supersedes(card, pinned)) throw new LinkError('protocol');
}

async function read(channel: Channel, kind: FrameKind): Promise<Bytes> {
  const bytes = await channel.read();
  if (!bytes) throw new LinkError('closed');
  const frame = decodeFrame(bytes);
  if (frame?.kind === 'version-refused') throw new LinkError('version');
  if (frame?.kind !== kind) throw new LinkError('protocol');
  return frame.payload;
}

function write(channel: Channel, kind: FrameKind, payload: Bytes): Promise<void> {
  return channel.write(encodeFrame(kind, payload));
}
