/**
 * An envelope: one flush of messages, signed, sealed under a fresh key, that key wrapped under the ratchet and RSA around
 * it; in a parcel under the parcel's key in the ratchet's place. `PROTOCOL.md` beside this file draws it.
 *
 *     header 59 (in a parcel 34) | iv 12 | LP(ek) | LP(ct)
 */
import { ByteReader, concat, lp, type Bytes } from '../../../signal/wire/bytes.ts';
import { modulusBytes, sha256, sign, verify, type PrivateKey, type PublicKey } from '../../../signal/wire/keys.ts';
import { MAX_RSA_BYTES } from '../../../signal/wire/limits.ts';
import { IV_BYTES, TAG_BYTES, WRAPPED_KEY_BYTES, open, seal, unwrapKey, wrapKey } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import { boundLabel, oaepDecrypt, oaepEncrypt } from '../crypto/rsa.ts';
import { wipe } from '../crypto/wipe.ts';
import {
  contextOf,
  decodeHeader,
  decodeParcelHeader,
  encodeHeader,
  HEADER_BYTES,
  idOf,
  PARCEL_HEADER_BYTES,
  type Header,
  type LinkHeader,
  type ParcelHeader,
} from './header.ts';
import { MAX_BODY_BYTES, MAX_PADDED_BYTES, pad, unpad } from './padding.ts';

const MAX_CIPHERTEXT_BYTES = 4 + MAX_PADDED_BYTES + MAX_RSA_BYTES + TAG_BYTES;
const EMPTY: Bytes = new Uint8Array(0);
/** Verified in place of what could not be read. */
const NOTHING: Body = { entries: EMPTY, rest: EMPTY };
/** Of what follows the header. */
const MAX_SEALED_BYTES = IV_BYTES + 4 + MAX_RSA_BYTES + 4 + MAX_CIPHERTEXT_BYTES;
export const MAX_ENVELOPE_BYTES = HEADER_BYTES + MAX_SEALED_BYTES;

/** What an envelope carries: the entries that the transcript chains, and the rest that it does not. */
export interface Body {
  readonly entries: Bytes;
  readonly rest: Bytes;
}

/** Who speaks to whom. Both names are signed, so an envelope can be neither passed on nor passed off. */
export interface Parties {
  readonly sender: Bytes;
  readonly recipient: Bytes;
}

/** An envelope taken apart, not yet opened. */
export interface Envelope<H extends Header = LinkHeader> {
  readonly header: H;
  readonly headerBytes: Bytes;
  readonly iv: Bytes;
  readonly ek: Bytes;
  readonly ciphertext: Bytes;
}

export interface SealingKeys {
  /** The message key of this counter, or of this parcel, 32 bytes. */
  readonly messageKey: Bytes;
  /** The recipient's wrapping key. */
  readonly encryptKey: PublicKey;
  /** The sender's signing key. */
  readonly signKey: PrivateKey;
}

export interface OpeningKeys {
  readonly messageKey: Bytes;
  readonly decryptKey: PrivateKey;
  /** Of wrapping keys that a newer card has replaced, where the sender may not have seen that card: with parcels. */
  readonly formerKeys?: readonly PrivateKey[];
  readonly verifyKey: PublicKey;
}

async function kekOf(messageKey: Bytes, headerBytes: Bytes): Promise<Bytes> {
  return hkdf(messageKey, new Uint8Array(32), await boundLabel(LABEL.kek, headerBytes), 32);
}

function oaepLabel({ sender, recipient }: Parties, header: Header, headerBytes: Bytes): Promise<Bytes> {
  return boundLabel(LABEL.oaep, concat(lp(sender), lp(recipient), lp(idOf(header)), lp(headerBytes)));
}

function aad({ sender, recipient }: Parties, header: Header): Bytes {
  return concat(LABEL.envelope, lp(sender), lp(recipient), lp(idOf(header)));
}

async function signedFields({ sender, recipient }: Parties, header: Header, headerBytes: Bytes, body: Body) {
  const hashes = [await sha256(body.entries), await sha256(body.rest)];
  return [sender, recipient, contextOf(header), headerBytes, ...hashes];
}

/** Seals one flush of at most MAX_BODY_BYTES. @returns at most MAX_ENVELOPE_BYTES. */
export async function sealEnvelope(parties: Parties, header: Header, body: Body, keys: SealingKeys): Promise<Bytes> {
  const headerBytes = encodeHeader(header);
  const cek = randomBytes(32);
  const iv = randomBytes(IV_BYTES);
  const kek = await kekOf(keys.messageKey, headerBytes);
  const [inner, label, fields] = await Promise.all([
    wrapKey(kek, cek),
    oaepLabel(parties, header, headerBytes),
    signedFields(parties, header, headerBytes, body),
  ]);
  const [ek, signature] = await Promise.all([
    oaepEncrypt(keys.encryptKey, label, inner),
    sign(keys.signKey, LABEL.message, fields),
  ]);
  const plaintext = concat(lp(pad(concat(lp(body.entries), lp(body.rest)))), signature);
  const ciphertext = await seal(cek, iv, aad(parties, header), plaintext);
  wipe(kek, cek, inner);
  return concat(headerBytes, iv, lp(ek), lp(ciphertext));
}

/**
 * Takes the untrusted bytes of an envelope on a link apart.
 * @returns `undefined` unless every field has its size and no byte is left over.
 */
export function decodeEnvelope(bytes: Bytes): Envelope | undefined {
  return decodeAfter(HEADER_BYTES, decodeHeader, bytes);
}

/** The same with the envelope of a parcel. */
export function decodeParcelEnvelope(bytes: Bytes): Envelope<ParcelHeader> | undefined {
  return decodeAfter(PARCEL_HEADER_BYTES, decodeParcelHeader, bytes);
}

function decodeAfter<H extends Header>(
  headerLength: number,
  decode: (headerBytes: Bytes) => H | undefined,
  bytes: Bytes,
): Envelope<H> | undefined {
  if (bytes.length > headerLength + MAX_SEALED_BYTES) return undefined;
  const reader = new ByteReader(bytes);
  const headerBytes = reader.take(headerLength);
  const iv = reader.take(IV_BYTES);
  const ek = reader.lp(MAX_RSA_BYTES);
  const ciphertext = reader.lp(MAX_CIPHERTEXT_BYTES);
  const header = decode(headerBytes);
  if (!reader.done() || ciphertext.length < TAG_BYTES) return undefined;
  return header && { header, headerBytes, iv, ek, ciphertext };
}

/**
 * Opens an envelope whose session and counter, or parcel, the caller has checked: OAEP, key wrap, GCM, padding,
 * signature, in this order. Where one step fails, a decoy goes on to the next, so that whatever failed, the same is done.
 * @returns the body, or `undefined` without saying which step failed.
 */
export async function openEnvelope(
  parties: Parties,
  envelope: Envelope<Header>,
  keys: OpeningKeys,
): Promise<Body | undefined> {
  const { header, headerBytes } = envelope;
  const signatureBytes = modulusBytes(keys.verifyKey);
  const label = await oaepLabel(parties, header, headerBytes);
  // Each key is tried, whichever fits: how long it takes says nothing of what came.
  const wrappingKeys = [keys.decryptKey, ...(keys.formerKeys ?? [])];
  const inners = await Promise.all(wrappingKeys.map((key) => oaepDecrypt(key, label, envelope.ek)));
  const inner = inners.find((one) => one?.length === WRAPPED_KEY_BYTES) ?? randomBytes(WRAPPED_KEY_BYTES);
  const kek = await kekOf(keys.messageKey, headerBytes);
  const cek = (await unwrapKey(kek, inner)) ?? randomBytes(32);
  const plaintext = await open(cek, envelope.iv, aad(parties, header), envelope.ciphertext);
  wipe(inner, kek, cek);
  const content = plaintext && decodePlaintext(plaintext, signatureBytes);
  const { body, signature } = content ?? { body: NOTHING, signature: new Uint8Array(signatureBytes) };
  const fields = await signedFields(parties, header, headerBytes, body);
  const verified = await verify(keys.verifyKey, LABEL.message, fields, signature);
  return content && verified ? body : undefined;
}

/** What is inside the seal. @returns `undefined` unless its padding and its fields are as they must be. */
function decodePlaintext(plaintext: Bytes, signatureBytes: number): { body: Body; signature: Bytes } | undefined {
  const outer = new ByteReader(plaintext);
  const padded = outer.lp(MAX_PADDED_BYTES);
  const signature = outer.take(signatureBytes);
  const unpadded = outer.done() ? unpad(padded) : undefined;
  if (!unpadded) return undefined;
  const reader = new ByteReader(unpadded);
  const body = { entries: reader.lp(MAX_BODY_BYTES), rest: reader.lp(MAX_BODY_BYTES) };
  return reader.done() ? { body, signature } : undefined;
}
