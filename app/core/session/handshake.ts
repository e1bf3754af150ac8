/**
 * The handshake: three messages on the open channel that turn two identities, an X25519 exchange, an ML-KEM-768
 * encapsulation and, at first contact, an invite's secret into a session, bound to the very channel they travel on.
 * `../envelope/PROTOCOL.md` draws it. I is the side that dialled. Every function returns `undefined` for whatever does
 * not verify, without saying what.
 */
import { concat, equal, lp, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { isCurrent, openCard, type Card } from '../../../signal/wire/card.ts';
import { sha256, sign, verify, type PrivateKey } from '../../../signal/wire/keys.ts';
import { decodeName } from '../base/name.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { diffieHellman, generateRatchetKey, type RatchetKey } from '../crypto/dh.ts';
import { hkdf, hkdfExpand, hkdfExtract } from '../crypto/kdf.ts';
import { decapsulate, encapsulate, generateKemKeyPair, type KemKeyPair } from '../crypto/kem.ts';
import { LABEL } from '../crypto/labels.ts';
import { wipe } from '../crypto/wipe.ts';
import { SESSION_ID_BYTES } from '../envelope/header.ts';
import {
  decodeM1,
  decodeM2,
  decodeM2c,
  decodeProof,
  encodeM1,
  encodeM2,
  encodeM2c,
  encodeProof,
} from './handshake-messages.ts';
import { startRatchet } from './ratchet.ts';
import type { Session } from './session.ts';
import { sameMode, type DialMode } from './signaling.ts';

/** SHA-256 of each side's DTLS certificate. */
export interface ChannelBinding {
  readonly initiator: Bytes;
  readonly responder: Bytes;
}

/** What both sides know of this handshake before it starts, from the verified signaling. */
export interface HandshakeContext {
  readonly us: { readonly card: Card; readonly name: string; readonly signKey: PrivateKey };
  readonly them: Bytes;
  readonly dialId: Bytes;
  readonly mode: DialMode;
  /** The invite's, in invite mode; the former session's renewal key, where this handshake follows one; else absent. */
  readonly psk: Bytes | undefined;
  readonly binding: ChannelBinding;
  /** Unix ms. */
  readonly now: number;
}

/** Whom the handshake proved the other to be. */
export interface ProvenPeer {
  readonly card: Card;
  readonly name: string;
}

export interface Initiated {
  readonly ratchetKey: RatchetKey;
  readonly kem: KemKeyPair;
  readonly m1: Bytes;
}

export interface Answered {
  readonly ratchetKey: RatchetKey;
  readonly theirRatchetKey: Bytes;
  readonly hs: Bytes;
  readonly th2: Bytes;
  readonly m2: Bytes;
}

const ZERO_NONCE: Bytes = new Uint8Array(IV_BYTES);
const NO_PSK: Bytes = new Uint8Array(32);

/** I: makes M1. */
export async function initiate(context: HandshakeContext): Promise<Initiated> {
  const ratchetKey = await generateRatchetKey();
  const kem = generateKemKeyPair();
  const m1 = encodeM1({
    mode: context.mode,
    ratchetKey: ratchetKey.publicKey,
    kemKey: kem.publicKey,
    initiator: context.us.card.fingerprint,
    responder: context.them,
    dialId: context.dialId,
  });
  return { ratchetKey, kem, m1 };
}

/** R: takes M1 and makes M2. */
export async function answer(context: HandshakeContext, m1Bytes: Bytes): Promise<Answered | undefined> {
  const m1 = decodeM1(m1Bytes);
  const us = context.us.card.fingerprint;
  if (!m1 || !equal(m1.responder, us) || equal(m1.initiator, us) || !equal(m1.initiator, context.them))
    return undefined;
  if (!equal(m1.dialId, context.dialId) || !sameMode(m1.mode, context.mode)) return undefined;
  const encapsulated = encapsulate(m1.kemKey);
  const ratchetKey = await generateRatchetKey();
  const dh = await diffieHellman(ratchetKey, m1.ratchetKey);
  if (!encapsulated || !dh) return undefined;

  const m2c = encodeM2c({ ratchetKey: ratchetKey.publicKey, kemCiphertext: encapsulated.ciphertext });
  const th1 = await firstTranscript(m1Bytes, m2c, context.binding);
  const hs = await extractSecret(th1, dh, encapsulated.secret, context.psk);
  const proof = await prove(context, LABEL.handshakeResponder, th1, m1.initiator, us);
  const m2s = await sealProof(hs, LABEL.handshakeKeyResponder, th1, proof);
  const th2 = await secondTranscript(th1, m2s);
  return { ratchetKey, theirRatchetKey: m1.ratchetKey, hs, th2, m2: encodeM2(m2c, m2s) };
}

/** I: takes M2, and makes M3 and the session. */
export async function complete(
  context: HandshakeContext,
  initiated: Initiated,
  m2Bytes: Bytes,
): Promise<{ m3: Bytes; session: Session; peer: ProvenPeer } | undefined> {
  const m2 = decodeM2(m2Bytes);
  const m2c = m2 && decodeM2c(m2.m2c);
  if (!m2 || !m2c) return undefined;
  const dh = await diffieHellman(initiated.ratchetKey, m2c.ratchetKey);
  const secret = decapsulate(initiated.kem.secretKey, m2c.kemCiphertext);
  if (!dh || !secret) return undefined;

  const us = context.us.card.fingerprint;
  const th1 = await firstTranscript(initiated.m1, m2.m2c, context.binding);
  const hs = await extractSecret(th1, dh, secret, context.psk);
  const theirProof = await openProof(hs, LABEL.handshakeKeyResponder, th1, m2.m2s);
  const peer = theirProof && (await check(context, LABEL.handshakeResponder, th1, us, context.them, theirProof));
  if (!peer) return undefined;

  const th2 = await secondTranscript(th1, m2.m2s);
  const proof = await prove(context, LABEL.handshakeInitiator, th2, us, context.them);
  const m3 = await sealProof(hs, LABEL.handshakeKeyInitiator, th2, proof);
  const session = await startSession({
    hs,
    th2,
    m3,
    role: 'initiator',
    ours: initiated.ratchetKey,
    theirs: m2c.ratchetKey,
  });
  return { m3, session, peer };
}

/** R: takes M3 and makes the session. */
export async function accept(
  context: HandshakeContext,
  answered: Answered,
  m3: Bytes,
): Promise<{ session: Session; peer: ProvenPeer } | undefined> {
  const { hs, th2 } = answered;
  const us = context.us.card.fingerprint;
  const theirProof = await openProof(hs, LABEL.handshakeKeyInitiator, th2, m3);
  const peer = theirProof && (await check(context, LABEL.handshakeInitiator, th2, context.them, us, theirProof));
  if (!peer) return undefined;
  const { ratchetKey: ours, theirRatchetKey: theirs } = answered;
  return { session: await startSession({ hs, th2, m3, role: 'responder', ours, theirs }), peer };
}

function firstTranscript(m1: Bytes, m2c: Bytes, binding: ChannelBinding): Promise<Bytes> {
  const channel = concat(lp(binding.initiator), lp(binding.responder));
  return sha256(concat(LABEL.th1, lp(m1), lp(m2c), lp(channel)));
}

function secondTranscript(th1: Bytes, m2s: Bytes): Promise<Bytes> {
  return sha256(concat(LABEL.th2, th1, lp(m2s)));
}

/** The secret of a handshake. What it is made of is overwritten. */
async function extractSecret(th1: Bytes, dh: Bytes, kem: Bytes, psk: Bytes | undefined): Promise<Bytes> {
  const ikm = concat(dh, kem, psk ?? NO_PSK);
  const hs = await hkdfExtract(th1, ikm);
  wipe(dh, kem, ikm);
  return hs;
}

/** Our card and name, signed over the transcript and both fingerprints. */
async function prove(
  { us }: HandshakeContext,
  label: Bytes,
  transcript: Bytes,
  initiator: Bytes,
  responder: Bytes,
): Promise<Bytes> {
  const name = utf8(us.name);
  const fields = [transcript, initiator, responder, us.card.bytes, name];
  return encodeProof({ card: us.card.bytes, name, signature: await sign(us.signKey, label, fields) });
}

/** Whether a proof is the expected person's, over this transcript. */
async function check(
  context: HandshakeContext,
  label: Bytes,
  transcript: Bytes,
  initiator: Bytes,
  responder: Bytes,
  bytes: Bytes,
): Promise<ProvenPeer | undefined> {
  const proof = decodeProof(bytes);
  const card = proof && (await openCard(proof.card));
  const name = proof && decodeName(proof.name);
  if (!proof || !card || name === undefined) return undefined;
  if (!equal(card.fingerprint, context.them) || !isCurrent(card, context.now)) return undefined;
  const fields = [transcript, initiator, responder, proof.card, proof.name];
  return (await verify(card.verifyKey, label, fields, proof.signature)) ? { card, name } : undefined;
}

/** The key of each proof seals one message only, so its nonce is zero. */
async function sealProof(hs: Bytes, keyLabel: Bytes, transcript: Bytes, proof: Bytes): Promise<Bytes> {
  const key = await hkdfExpand(hs, keyLabel, 32);
  const sealed = await seal(key, ZERO_NONCE, transcript, proof);
  wipe(key);
  return sealed;
}

async function openProof(hs: Bytes, keyLabel: Bytes, transcript: Bytes, sealed: Bytes): Promise<Bytes | undefined> {
  const key = await hkdfExpand(hs, keyLabel, 32);
  const proof = await open(key, ZERO_NONCE, transcript, sealed);
  wipe(key);
  return proof;
}

/** What a session is made of, once both have proved who they are. */
interface Agreed {
  readonly hs: Bytes;
  readonly th2: Bytes;
  readonly m3: Bytes;
  readonly role: 'initiator' | 'responder';
  readonly ours: RatchetKey;
  readonly theirs: Bytes;
}

/** The session both sides now share. The secret it came from is overwritten. */
async function startSession({ hs, th2, m3, role, ours, theirs }: Agreed): Promise<Session> {
  const th3 = await sha256(concat(LABEL.th3, th2, lp(m3)));
  const root = await hkdf(hs, th3, LABEL.root, 32);
  const id = await hkdfExpand(root, LABEL.sessionId, SESSION_ID_BYTES);
  const renewalKey = await hkdfExpand(root, LABEL.renewal, 32);
  const ratchet = await startRatchet(root, role, ours, theirs);
  wipe(root, hs);
  return { id, renewalKey, ratchet };
}
