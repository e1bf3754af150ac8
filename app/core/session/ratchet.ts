/**
 * The double ratchet of a session, as a value, after the Double Ratchet document of Signal, with one rule of its own: only
 * the side that holds the token makes a new key pair, and the token goes over with it. So two who type at once never both
 * step from one root. `../envelope/PROTOCOL.md` has the formulas.
 */
import { equal, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { LinkError } from '../base/errors.ts';
import { diffieHellman, generateRatchetKey, type RatchetKey } from '../crypto/dh.ts';
import { hkdf, hkdfExpand, hmac } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { wipe } from '../crypto/wipe.ts';

/** The keys of one direction. */
export interface Chain {
  /** 32 bytes. */
  readonly key: Bytes;
  /** Of the next envelope; it counts through all chains of a session. */
  readonly counter: number;
}

export interface Ratchet {
  readonly rootKey: Bytes;
  readonly sending: Chain;
  readonly receiving: Chain;
  readonly ours: RatchetKey;
  /** The other's newest public key, 32 bytes. */
  readonly theirs: Bytes;
  /** Whether ours is the next key pair to be made. */
  readonly holdsToken: boolean;
}

/** The ratchet of a new session, from the root and the X25519 keys of its handshake. R holds the token. */
export async function startRatchet(
  root: Bytes,
  role: 'initiator' | 'responder',
  ours: RatchetKey,
  theirs: Bytes,
): Promise<Ratchet> {
  const keys = await hkdfExpand(root, LABEL.init, 96);
  const ofInitiator = { key: keys.slice(32, 64), counter: 0 };
  const ofResponder = { key: keys.slice(64, 96), counter: 0 };
  const rootKey = keys.slice(0, 32);
  wipe(keys);
  return role === 'initiator'
    ? { rootKey, sending: ofInitiator, receiving: ofResponder, ours, theirs, holdsToken: false }
    : { rootKey, sending: ofResponder, receiving: ofInitiator, ours, theirs, holdsToken: true };
}

/** Before sealing: who holds the token makes a new key pair, and passes the token on. */
export async function stepToSend(ratchet: Ratchet): Promise<Ratchet> {
  if (!ratchet.holdsToken) return ratchet;
  const ours = await generateRatchetKey();
  const stepped = await step(ratchet, ours, ratchet.theirs);
  // Their key gave a secret when it came, and whether it does depends on nothing but itself.
  if (!stepped) throw new LinkError('protocol');
  const { rootKey, chainKey } = stepped;
  const sending = { key: chainKey, counter: ratchet.sending.counter };
  return { ...ratchet, rootKey, sending, ours, holdsToken: false };
}

/**
 * Before opening: a new key of theirs brings the token with it.
 * @returns `undefined` for a key that cannot be: a new one while the token is ours, or one that is none
 */
export async function stepToReceive(ratchet: Ratchet, theirs: Bytes): Promise<Ratchet | undefined> {
  if (equal(theirs, ratchet.theirs)) return ratchet;
  if (ratchet.holdsToken) return undefined;
  const stepped = await step(ratchet, ratchet.ours, theirs);
  if (!stepped) return undefined;
  const { rootKey, chainKey } = stepped;
  const receiving = { key: chainKey, counter: ratchet.receiving.counter };
  return { ...ratchet, rootKey, receiving, theirs, holdsToken: true };
}

/** The key of a chain's next envelope, 32 bytes. */
export function messageKey(chain: Chain): Promise<Bytes> {
  return hmac(chain.key, u8(1));
}

/** The chain after that envelope; the key of this one does not follow from it. */
export async function advance(chain: Chain): Promise<Chain> {
  return { key: await hmac(chain.key, u8(2)), counter: chain.counter + 1 };
}

/** Overwrites the keys of a ratchet that is no longer needed, but for those that `kept` ones go on using. */
export function wipeRatchet(ratchet: Ratchet, ...kept: readonly Ratchet[]): void {
  const inUse = new Set(kept.flatMap(keysOf));
  wipe(...keysOf(ratchet).filter((key) => !inUse.has(key)));
}

function keysOf({ rootKey, sending, receiving }: Ratchet): Bytes[] {
  return [rootKey, sending.key, receiving.key];
}

async function step(
  { rootKey }: Ratchet,
  ours: RatchetKey,
  theirs: Bytes,
): Promise<{ rootKey: Bytes; chainKey: Bytes } | undefined> {
  const secret = await diffieHellman(ours, theirs);
  if (!secret) return undefined;
  const keys = await hkdf(secret, rootKey, LABEL.ratchet, 64);
  const next = { rootKey: keys.slice(0, 32), chainKey: keys.slice(32, 64) };
  wipe(secret, keys);
  return next;
}
