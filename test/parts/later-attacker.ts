/**
 * Somebody who has recorded everything and is given secrets later: what the recording gives away with them. Nothing is
 * broken here, only tried: whatever is known goes in every place where a key of the session belongs.
 */
import { concat, lp, toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { sha256 } from '../../signal/wire/keys.ts';
import { open, unwrapKey } from '../../app/core/crypto/aead.ts';
import { hkdf, hkdfExpand } from '../../app/core/crypto/kdf.ts';
import { LABEL } from '../../app/core/crypto/labels.ts';
import { boundLabel, oaepDecrypt } from '../../app/core/crypto/rsa.ts';
import { decodeEnvelope, openEnvelope, type Body, type Envelope } from '../../app/core/envelope/envelope.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { advance, messageKey, stepToReceive } from '../../app/core/session/ratchet.ts';
import type { Session } from '../../app/core/session/session.ts';
import { decodeM2, decodeProof } from '../../app/core/session/handshake-messages.ts';
import type { ChannelBinding } from '../../app/core/session/handshake.ts';
import { decodeFrame } from '../../app/core/transport/frames.ts';

/** An envelope, and who has written it to whom: both have lost their private RSA keys. */
export interface Intercepted {
  readonly envelope: Envelope;
  readonly from: Identity;
  readonly to: Identity;
  /** What its RSA layer holds. */
  readonly inner: Bytes;
  /** What its key is derived with, from a message key. */
  readonly info: Bytes;
}

/** Opens the RSA layer of an envelope between two people, with the private keys of both. */
export async function intercept(bytes: Bytes, people: readonly [Identity, Identity]): Promise<Intercepted> {
  const envelope = decodeEnvelope(bytes)!;
  const { headerBytes, ek } = envelope;
  for (const [from, to] of [people, [people[1], people[0]] as const]) {
    const [sender, recipient] = [from.card.fingerprint, to.card.fingerprint];
    const fields = concat(lp(sender), lp(recipient), lp(headerBytes.slice(2, 26)), lp(headerBytes));
    const inner = await oaepDecrypt(to.decryptKey, await boundLabel(LABEL.oaep, fields), ek);
    if (inner) return { envelope, from, to, inner, info: await boundLabel(LABEL.kek, headerBytes) };
  }
  throw new Error('the RSA layer did not open');
}

/** Tries a message key. @returns the content, if it is the one */
async function openWith({ envelope, from, to, inner, info }: Intercepted, key: Bytes): Promise<Body | undefined> {
  if (!(await unwrapKey(await hkdf(key, new Uint8Array(32), info, 32), inner))) return undefined;
  const parties = { sender: from.card.fingerprint, recipient: to.card.fingerprint };
  const keys = { messageKey: key, decryptKey: to.decryptKey, verifyKey: from.card.verifyKey };
  return openEnvelope(parties, envelope, keys);
}

/** Tries known keys as an envelope's own, and as those of its chain, up to so many envelopes earlier. */
export async function openByAny(
  intercepted: Intercepted,
  known: readonly Bytes[],
  steps: number,
): Promise<Body | undefined> {
  for (const key of known) {
    let body = await openWith(intercepted, key);
    let chain = { key, counter: 0 };
    for (let step = 0; step <= steps && !body; step++) {
      body = await openWith(intercepted, await messageKey(chain));
      chain = await advance(chain);
    }
    if (body) return body;
  }
  return undefined;
}

/** A handshake as it went over the wire, without its certificates. */
export interface Overheard {
  readonly m1: Bytes;
  readonly m2: Bytes;
  readonly m3: Bytes;
}

/** The messages of handshakes, whichever belong together, and the envelopes, in the order they were carried. */
export function sorted(carried: readonly Bytes[]): { handshakes: Overheard[]; envelopes: Bytes[] } {
  const frames = carried.map((frame) => decodeFrame(frame)!);
  const of = (kind: string) => frames.filter((frame) => frame.kind === kind).map(({ payload }) => payload);
  const [m1s, m2s, m3s] = [of('m1'), of('m2'), of('m3')];
  const handshakes = m3s.flatMap((m3) => m1s.flatMap((m1) => m2s.map((m2) => ({ m1, m2, m3 }))));
  return { handshakes, envelopes: of('envelope') };
}

/** The first and second transcripts, spelled out from the protocol's page. */
export async function transcripts({ m1, m2 }: Overheard, { initiator, responder }: ChannelBinding) {
  const { m2c, m2s } = decodeM2(m2)!;
  const th1 = await sha256(concat(LABEL.th1, lp(m1), lp(m2c), lp(concat(lp(initiator), lp(responder)))));
  return { th1, th2: await sha256(concat(LABEL.th2, th1, lp(m2s))), m2s };
}

/** Tries known keys as the secret of a handshake, and as the very key of a proof. @returns the names it was told */
export async function namesByAny(
  handshake: Overheard,
  binding: ChannelBinding,
  known: readonly Bytes[],
): Promise<string[]> {
  const { th1, th2, m2s } = await transcripts(handshake, binding);
  const names: string[] = [];
  for (const secret of known) {
    for (const [label, transcript, sealed] of [
      [LABEL.handshakeKeyResponder, th1, m2s],
      [LABEL.handshakeKeyInitiator, th2, handshake.m3],
    ] as const) {
      for (const key of [secret, await hkdfExpand(secret, label, 32)]) {
        const proof = await open(key, new Uint8Array(12), transcript, sealed);
        if (proof) names.push(new TextDecoder().decode(decodeProof(proof)!.name));
      }
    }
  }
  return names;
}

/** Without those that are there twice. */
export function distinct(keys: readonly Bytes[]): Bytes[] {
  return [...new Map(keys.map((key) => [toHex(key), key])).values()];
}

/**
 * Every key that follows from a leaked state and the public keys in the headers: each root known, mixed with the one private
 * key known and each public key, again and again.
 */
export async function knownFrom({ ratchet }: Session, publicKeys: readonly Bytes[]): Promise<Bytes[]> {
  const known = [ratchet.rootKey, ratchet.sending.key, ratchet.receiving.key];
  let roots = [ratchet.rootKey];
  for (let depth = 0; depth < 2; depth++) {
    const next: Bytes[] = [];
    for (const rootKey of roots) {
      for (const theirs of publicKeys) {
        const pretended = { ...ratchet, rootKey, theirs: new Uint8Array(32), holdsToken: false };
        const stepped = await stepToReceive(pretended, theirs);
        if (stepped) next.push(stepped.rootKey, stepped.receiving.key);
      }
    }
    known.push(...next);
    roots = next.filter((_, index) => index % 2 === 0);
  }
  return distinct(known);
}
