/**
 * A slot of a vault: one way to its key. A secret of the slot gives an ML-KEM pair, and the vault key is sealed for it: so
 * a new vault key can be sealed for every slot that stays without asking for their secrets again.
 *
 *     slot     version u8 = 1 | kind u8 | way | ciphertext 1088 | AEAD(ML-KEM secret, zero nonce, "slot" ‖ before it, key) 48
 *     way 1    passphrase             stretching
 *     way 2    passkey                LP(credential id) | salt 32
 *     way 3    recovery code          nothing
 *     way 4    passphrase and passkey stretching | LP(credential id) | salt 32
 *     stretching  salt 16 | memory in KiB u32 | passes u32
 *
 * The pair is ML-KEM-768's of HKDF(secret, 0^32, "slot" ‖ kind u8, 64).
 */
import { ByteReader, concat, lp, u32, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { decapsulate, encapsulate, generateKemKeyPair, KEM_CIPHERTEXT_BYTES } from '../crypto/kem.ts';
import { LABEL } from '../crypto/labels.ts';
import { wipe } from '../crypto/wipe.ts';

const VERSION = 1;
const KINDS = ['passphrase', 'passkey', 'recovery', 'passphrase and passkey'] as const;
export const STRETCHING_SALT_BYTES = 16;
export const PASSKEY_SALT_BYTES = 32;
const MAX_CREDENTIAL_BYTES = 1023;
/** Argon2id, as OWASP's sheet has it and more; a record that asks for less, or for the moon, is damaged. */
export const STRETCHING = { memory: 64 * 1024, passes: 3 } as const;
const MOST_STRETCHING = { memory: 1024 * 1024, passes: 16 } as const;
const NO_SALT: Bytes = new Uint8Array(32);
const ZERO_NONCE: Bytes = new Uint8Array(IV_BYTES);

/** How a passphrase becomes a secret: Argon2id with one lane. */
export interface Stretching {
  readonly salt: Bytes;
  /** In KiB. */
  readonly memory: number;
  readonly passes: number;
}

/** Which passkey, and what it is asked. */
export interface PasskeyQuestion {
  readonly credential: Bytes;
  readonly salt: Bytes;
}

/** What a slot asks for; what the answer is, the slot does not hold. */
export type Way =
  | { readonly kind: 'passphrase'; readonly stretching: Stretching }
  | { readonly kind: 'passkey'; readonly passkey: PasskeyQuestion }
  | { readonly kind: 'recovery' }
  | { readonly kind: 'passphrase and passkey'; readonly stretching: Stretching; readonly passkey: PasskeyQuestion };

export interface Slot {
  readonly way: Way;
  readonly ciphertext: Bytes;
  readonly sealedKey: Bytes;
}

/** The secret of both factors, 32 bytes each: whoever has one of them has nothing. */
export function secretOfBoth(ofPassphrase: Bytes, ofPasskey: Bytes): Bytes {
  if (ofPassphrase.length !== 32 || ofPasskey.length !== 32) throw new RangeError('not a secret of each factor');
  return concat(ofPassphrase, ofPasskey);
}

/** Makes the public half of a slot, for which vault keys can be sealed. @param secret - what the way leads to. */
export async function slotKey(way: Way, secret: Bytes): Promise<Bytes> {
  return (await pairOf(way, secret)).publicKey;
}

/** Seals a vault key into a slot of a public half. */
export async function fillSlot(way: Way, publicKey: Bytes, vaultKey: Bytes): Promise<Slot> {
  const encapsulated = encapsulate(publicKey);
  if (!encapsulated) throw new RangeError('not a slot’s key');
  const { ciphertext, secret } = encapsulated;
  const sealedKey = await seal(secret, ZERO_NONCE, aad(way, ciphertext), vaultKey);
  wipe(secret);
  return { way, ciphertext, sealedKey };
}

/** Opens a slot. @returns the vault key, 32 bytes; `undefined` if the secret is not the slot's */
export async function openSlot({ way, ciphertext, sealedKey }: Slot, secret: Bytes): Promise<Bytes | undefined> {
  const { secretKey } = await pairOf(way, secret);
  const shared = decapsulate(secretKey, ciphertext);
  const vaultKey = shared && (await open(shared, ZERO_NONCE, aad(way, ciphertext), sealedKey));
  wipe(secretKey, ...(shared ? [shared] : []));
  return vaultKey?.length === 32 ? vaultKey : undefined;
}

export function encodeSlot({ way, ciphertext, sealedKey }: Slot): Bytes {
  return concat(head(way), ciphertext, sealedKey);
}

/** @returns `undefined` for anything but a slot of this version. */
export function decodeSlot(bytes: Bytes): Slot | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const kind = KINDS[reader.u8() - 1];
  const way = kind && readWay(reader, kind);
  const slot = { ciphertext: reader.take(KEM_CIPHERTEXT_BYTES), sealedKey: reader.take(48) };
  return reader.done() && version === VERSION && way ? { way, ...slot } : undefined;
}

async function pairOf({ kind }: Way, secret: Bytes) {
  const seed = await hkdf(secret, NO_SALT, concat(LABEL.slot, u8(KINDS.indexOf(kind) + 1)), 64);
  const pair = generateKemKeyPair(seed);
  wipe(seed);
  return pair;
}

function aad(way: Way, ciphertext: Bytes): Bytes {
  return concat(LABEL.slot, head(way), ciphertext);
}

function head(way: Way): Bytes {
  const parts = [u8(VERSION), u8(KINDS.indexOf(way.kind) + 1)];
  if ('stretching' in way) {
    const { salt, memory, passes } = way.stretching;
    parts.push(salt, u32(memory), u32(passes));
  }
  if ('passkey' in way) parts.push(lp(way.passkey.credential), way.passkey.salt);
  return concat(...parts);
}

function readWay(reader: ByteReader, kind: (typeof KINDS)[number]): Way | undefined {
  switch (kind) {
    case 'recovery':
      return { kind };
    case 'passphrase': {
      const stretching = readStretching(reader);
      return stretching && { kind, stretching };
    }
    case 'passkey':
      return { kind, passkey: readPasskey(reader) };
    case 'passphrase and passkey': {
      const stretching = readStretching(reader);
      return stretching && { kind, stretching, passkey: readPasskey(reader) };
    }
  }
}

function readStretching(reader: ByteReader): Stretching | undefined {
  const stretching = { salt: reader.take(STRETCHING_SALT_BYTES), memory: reader.u32(), passes: reader.u32() };
  const { memory, passes } = stretching;
  const enough = memory >= STRETCHING.memory && passes >= STRETCHING.passes;
  const bearable = memory <= MOST_STRETCHING.memory && passes <= MOST_STRETCHING.passes;
  return enough && bearable ? stretching : undefined;
}

function readPasskey(reader: ByteReader): PasskeyQuestion {
  return { credential: reader.lp(MAX_CREDENTIAL_BYTES), salt: reader.take(PASSKEY_SALT_BYTES) };
}
