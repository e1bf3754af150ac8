/** Envelopes spelled out from the protocol's page, sound or with any one thing made otherwise. */
import { concat, lp, u64, utf8, type Bytes } from '../../signal/wire/bytes.ts';
import { sha256, sign, type PrivateKey, type PublicKey } from '../../signal/wire/keys.ts';
import { seal, wrapKey } from '../../app/core/crypto/aead.ts';
import { hkdf } from '../../app/core/crypto/kdf.ts';
import { LABEL } from '../../app/core/crypto/labels.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { boundLabel, oaepEncrypt } from '../../app/core/crypto/rsa.ts';
import type { Body } from '../../app/core/envelope/envelope.ts';
import { encodeHeader, type Header } from '../../app/core/envelope/header.ts';
import { pad } from '../../app/core/envelope/padding.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { flipBit } from './arbitrary.ts';

/** What an envelope is made of. */
export interface Making {
  readonly from: Identity;
  readonly to: Identity;
  /** Somebody who has no part in it. */
  readonly other: Identity;
  readonly header: Header;
  readonly messageKey: Bytes;
  readonly body: Body;
}

/** What of an envelope is made otherwise than the protocol's page says. */
export interface Otherwise {
  readonly messageKey?: Bytes;
  readonly inner?: Bytes;
  readonly oaepLabel?: Bytes;
  readonly encryptKey?: PublicKey;
  readonly ek?: (ek: Bytes) => Bytes;
  readonly cek?: Bytes;
  readonly aad?: Bytes;
  readonly padded?: Bytes;
  readonly plaintext?: Bytes;
  readonly signKey?: PrivateKey;
  readonly signedTo?: Identity;
  readonly signature?: Bytes;
  readonly ct?: (ct: Bytes) => Bytes;
}

const plainOf = ({ body }: Making): Bytes => concat(lp(body.entries), lp(body.rest));

export async function forgeEnvelope(making: Making, otherwise: Otherwise = {}): Promise<Bytes> {
  const { header, body } = making;
  const headerBytes = encodeHeader(header);
  const inParcel = 'parcelId' in header;
  const id = inParcel ? header.parcelId : concat(header.sessionId, u64(header.counter));
  const context = inParcel ? header.parcelId : header.sessionId;
  const [from, to] = [making.from.card.fingerprint, making.to.card.fingerprint];
  const [cek, iv] = [randomBytes(32), randomBytes(12)];
  const info = await boundLabel(LABEL.kek, headerBytes);
  const kek = await hkdf(otherwise.messageKey ?? making.messageKey, new Uint8Array(32), info, 32);
  const label = await boundLabel(LABEL.oaep, concat(lp(from), lp(to), lp(id), lp(headerBytes)));
  const inner = otherwise.inner ?? (await wrapKey(kek, cek));
  const ek = await oaepEncrypt(otherwise.encryptKey ?? making.to.card.encryptKey, otherwise.oaepLabel ?? label, inner);
  const signedTo = (otherwise.signedTo ?? making.to).card.fingerprint;
  const fields = [from, signedTo, context, headerBytes, await sha256(body.entries), await sha256(body.rest)];
  const signKey = otherwise.signKey ?? making.from.signKey;
  const signature = otherwise.signature ?? (await sign(signKey, LABEL.message, fields));
  const plaintext = otherwise.plaintext ?? concat(lp(otherwise.padded ?? pad(plainOf(making))), signature);
  const aad = otherwise.aad ?? concat(LABEL.envelope, lp(from), lp(to), lp(id));
  const ct = await seal(otherwise.cek ?? cek, iv, aad, plaintext);
  return concat(headerBytes, iv, lp(otherwise.ek?.(ek) ?? ek), lp(otherwise.ct?.(ct) ?? ct));
}

/** Everything that can be wrong with an envelope whose header is in order. */
export const DAMAGES: Readonly<Record<string, (making: Making) => Otherwise>> = {
  'ek has a bit flipped': () => ({ ek: (ek) => flipBit(ek, 1000) }),
  'ek is empty': () => ({ ek: () => new Uint8Array(0) }),
  'ek is a byte short': () => ({ ek: (ek) => ek.slice(1) }),
  'ek is longer': () => ({ ek: (ek) => concat(ek, new Uint8Array(128)) }),
  'ek is for somebody else': ({ other }) => ({ encryptKey: other.card.encryptKey }),
  'ek is under another label': () => ({ oaepLabel: LABEL.signalOaep }),
  'ek holds too little': () => ({ inner: randomBytes(39) }),
  'ek holds too much': () => ({ inner: randomBytes(48) }),
  'ek holds nothing': () => ({ inner: new Uint8Array(0) }),
  'the wrapped key is none': () => ({ inner: randomBytes(40) }),
  'the key is wrapped by another message key': () => ({ messageKey: randomBytes(32) }),
  'the wrapped key is another than that of ct': () => ({ cek: randomBytes(32) }),
  'ct has a bit flipped': () => ({ ct: (ct) => flipBit(ct, 80) }),
  'ct is as short as it may be': () => ({ ct: (ct) => ct.slice(0, 16) }),
  'ct is cut short': () => ({ ct: (ct) => ct.slice(0, -1) }),
  'ct is bound to something else': () => ({ aad: LABEL.envelope }),
  'ct seals nothing': () => ({ plaintext: new Uint8Array(0) }),
  'ct seals less than a length': () => ({ plaintext: new Uint8Array(3) }),
  'ct promises more than there is': () => ({ plaintext: new Uint8Array(4).fill(1) }),
  'the padding is missing': (making) => ({ padded: plainOf(making) }),
  'the padding is too long': (making) => ({ padded: concat(pad(plainOf(making)), new Uint8Array(256)) }),
  'the padding is all there is': () => ({ padded: new Uint8Array(256) }),
  'a field of the body is missing': ({ body }) => ({ padded: pad(lp(body.entries)) }),
  'the body has a byte too many': (making) => ({ padded: pad(concat(plainOf(making), Uint8Array.of(0))) }),
  'the body is divided otherwise': ({ body }) => ({
    padded: pad(concat(lp(concat(body.entries, body.rest)), lp(utf8('')))),
  }),
  'the signature is missing': () => ({ signature: new Uint8Array(0) }),
  'the signature is zeros': () => ({ signature: new Uint8Array(384) }),
  'the signature is of another length': () => ({ signature: new Uint8Array(512).fill(7) }),
  'the signature is by somebody else': ({ other }) => ({ signKey: other.signKey }),
  'the signature is for somebody else': ({ other }) => ({ signedTo: other }),
};
