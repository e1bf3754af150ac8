/**
 * The handshake's messages, byte by byte:
 *
 *     M1     version u8 = 1 | suite u8 = 1 | mode u8 (0 pinned, 1 invite) | invite id 32 (else zeros) | XI 32 | KI 1184
 *            | fpI 32 | fpR 32 | dial id 16
 *     M2     LP(M2c) | LP(M2s)      M2c  suite u8 = 1 | XR 32 | C1 1088      M2s  AEAD of a proof
 *     M3     AEAD of a proof
 *     proof  LP(card) | LP(name) | LP(signature)
 */
import { ByteReader, concat, lp, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { INVITE_ID_BYTES, MAX_CARD_BYTES, MAX_RSA_BYTES } from '../../../signal/wire/limits.ts';
import { MAX_NAME_BYTES } from '../base/name.ts';
import { X25519_BYTES } from '../crypto/dh.ts';
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_KEY_BYTES } from '../crypto/kem.ts';
import { DIAL_ID_BYTES, type DialMode } from './signaling.ts';

export const HANDSHAKE_VERSION = 1;
/** X25519 with ML-KEM-768, HKDF-SHA-256, AES-256-GCM, RSA-PSS and RSA-OAEP with SHA-256. */
const SUITE = 1;
const MAX_PROOF_BYTES = 4 + MAX_CARD_BYTES + 4 + MAX_NAME_BYTES + 4 + MAX_RSA_BYTES + 16;
const NO_INVITE: Bytes = new Uint8Array(INVITE_ID_BYTES);

export interface M1 {
  readonly mode: DialMode;
  readonly ratchetKey: Bytes;
  readonly kemKey: Bytes;
  readonly initiator: Bytes;
  readonly responder: Bytes;
  readonly dialId: Bytes;
}

export interface M2c {
  readonly ratchetKey: Bytes;
  readonly kemCiphertext: Bytes;
}

/** Who one is: the card, the chosen name, and the signature that binds both to this handshake. */
export interface Proof {
  readonly card: Bytes;
  readonly name: Bytes;
  readonly signature: Bytes;
}

export function encodeM1(m1: M1): Bytes {
  const { mode } = m1;
  return concat(
    u8(HANDSHAKE_VERSION),
    u8(SUITE),
    ...(mode.mode === 'invite' ? [u8(1), mode.inviteId] : [u8(0), NO_INVITE]),
    m1.ratchetKey,
    m1.kemKey,
    m1.initiator,
    m1.responder,
    m1.dialId,
  );
}

/** Whether bytes are an M1 of a version or suite that this client does not speak. */
export function isForeignM1(bytes: Bytes): boolean {
  return bytes.length > 1 && (bytes[0] !== HANDSHAKE_VERSION || bytes[1] !== SUITE);
}

export function decodeM1(bytes: Bytes): M1 | undefined {
  const reader = new ByteReader(bytes);
  const [version, suite, modeByte] = [reader.u8(), reader.u8(), reader.u8()];
  const inviteId = reader.take(INVITE_ID_BYTES);
  const fields = {
    ratchetKey: reader.take(X25519_BYTES),
    kemKey: reader.take(KEM_PUBLIC_KEY_BYTES),
    initiator: reader.take(32),
    responder: reader.take(32),
    dialId: reader.take(DIAL_ID_BYTES),
  };
  if (!reader.done() || version !== HANDSHAKE_VERSION || suite !== SUITE || modeByte > 1) return undefined;
  if (modeByte === 0 && inviteId.some((byte) => byte !== 0)) return undefined;
  return { mode: modeByte === 1 ? { mode: 'invite', inviteId } : { mode: 'pinned' }, ...fields };
}

export function encodeM2c(m2c: M2c): Bytes {
  return concat(u8(SUITE), m2c.ratchetKey, m2c.kemCiphertext);
}

export function decodeM2c(bytes: Bytes): M2c | undefined {
  const reader = new ByteReader(bytes);
  const suite = reader.u8();
  const m2c = { ratchetKey: reader.take(X25519_BYTES), kemCiphertext: reader.take(KEM_CIPHERTEXT_BYTES) };
  return reader.done() && suite === SUITE ? m2c : undefined;
}

export function encodeM2(m2c: Bytes, m2s: Bytes): Bytes {
  return concat(lp(m2c), lp(m2s));
}

export function decodeM2(bytes: Bytes): { m2c: Bytes; m2s: Bytes } | undefined {
  const reader = new ByteReader(bytes);
  const m2 = { m2c: reader.lp(1 + X25519_BYTES + KEM_CIPHERTEXT_BYTES), m2s: reader.lp(MAX_PROOF_BYTES) };
  return reader.done() ? m2 : undefined;
}

export function encodeProof(proof: Proof): Bytes {
  return concat(lp(proof.card), lp(proof.name), lp(proof.signature));
}

export function decodeProof(bytes: Bytes): Proof | undefined {
  const reader = new ByteReader(bytes);
  const proof = {
    card: reader.lp(MAX_CARD_BYTES),
    name: reader.lp(MAX_NAME_BYTES),
    signature: reader.lp(MAX_RSA_BYTES),
  };
  return reader.done() ? proof : undefined;
}
