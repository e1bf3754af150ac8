import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import {
  decodeEnvelope,
  MAX_ENVELOPE_BYTES,
  openEnvelope,
  sealEnvelope,
  type Body,
  type OpeningKeys,
  type Parties,
} from '../../../app/core/envelope/envelope.ts';
import { encodeHeader, HEADER_BYTES, type LinkHeader } from '../../../app/core/envelope/header.ts';
import { MAX_BODY_BYTES } from '../../../app/core/envelope/padding.ts';
import { MAX_FRAME_BYTES } from '../../../app/core/transport/frames.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { identityOf } from '../../parts/identities.ts';

const messageKey = randomBytes(32);
const header: LinkHeader = { sessionId: randomBytes(16), counter: 3, ratchetKey: randomBytes(32) };
const body: Body = { entries: utf8('entries'), rest: utf8('rest') };
let ann: Identity;
let bob: Identity;
let eve: Identity;

beforeAll(async () => {
  [ann, bob, eve] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Eve')]);
});

const parties = (sender: Identity, recipient: Identity): Parties => ({
  sender: sender.card.fingerprint,
  recipient: recipient.card.fingerprint,
});

/** An envelope from one to another. */
function sealed(from: Identity, to: Identity, what: Body = body, as: LinkHeader = header): Promise<Bytes> {
  const keys = { messageKey, encryptKey: to.card.encryptKey, signKey: from.signKey };
  return sealEnvelope(parties(from, to), as, what, keys);
}

/** What one makes of an envelope that is said to be from another. */
async function opened(bytes: Bytes, from: Identity, to: Identity, keys: Partial<OpeningKeys> = {}) {
  const envelope = decodeEnvelope(bytes);
  if (!envelope) return undefined;
  const own = { messageKey, decryptKey: to.decryptKey, verifyKey: from.card.verifyKey };
  return openEnvelope(parties(from, to), envelope, { ...own, ...keys });
}

describe('an envelope', () => {
  it('brings its recipient what was put in, at every size', async () => {
    const half = MAX_BODY_BYTES - 8;
    for (const what of [
      body,
      { entries: new Uint8Array(0), rest: new Uint8Array(0) },
      { entries: randomBytes(half), rest: new Uint8Array(0) },
      { entries: new Uint8Array(0), rest: randomBytes(half) },
    ]) {
      const bytes = await sealed(ann, bob, what);
      expect(bytes.length).toBeLessThanOrEqual(MAX_ENVELOPE_BYTES);
      expect(await opened(bytes, ann, bob)).toEqual(what);
    }
    await expect(sealed(ann, bob, { entries: randomBytes(half + 1), rest: new Uint8Array(0) })).rejects.toThrow(
      RangeError,
    );
  });

  it('fits one frame even at its largest', () => {
    expect(MAX_ENVELOPE_BYTES + 2).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });

  it('is never the same twice, and shows neither text nor its exact length', async () => {
    const [one, other] = [await sealed(ann, bob), await sealed(ann, bob)];
    expect(one).not.toEqual(other);
    expect(one.length).toBe(other.length);
    expect((await sealed(ann, bob, { entries: utf8('e'), rest: utf8('a longer text') })).length).toBe(one.length);
    expect(Buffer.from(one).includes('entries')).toBe(false);
  });

  it('does not open with any bit flipped (fault 15)', async () => {
    const bytes = await sealed(ann, bob);
    const places = fc.oneof(
      fc.nat(8 * bytes.length - 1),
      // Header, nonce and the lengths of the fields, more densely than their share.
      fc.nat(8 * (HEADER_BYTES + 16) - 1),
    );
    await fc.assert(
      fc.asyncProperty(places, async (bit) => {
        expect(await opened(flipBit(bytes, bit), ann, bob)).toBeUndefined();
      }),
      { numRuns: 1200 },
    );
  });

  it('never makes its reader throw, whatever the bytes', async () => {
    const bytes = await sealed(ann, bob);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(2000), damaged(bytes)), async (any) => {
        if (!Buffer.from(any).equals(bytes)) expect(await opened(any, ann, bob)).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
    expect(decodeEnvelope(new Uint8Array(MAX_ENVELOPE_BYTES + 1))).toBeUndefined();
    expect(decodeEnvelope(concat(bytes, u8(0)))).toBeUndefined();
  });

  it('opens with its own message key only', async () => {
    expect(await opened(await sealed(ann, bob), ann, bob, { messageKey: randomBytes(32) })).toBeUndefined();
  });

  it('does not open for anyone else, even with the message key', async () => {
    const bytes = await sealed(ann, bob);
    expect(await opened(bytes, ann, eve)).toBeUndefined();
    expect(await opened(bytes, ann, bob, { decryptKey: eve.decryptKey })).toBeUndefined();
  });

  it('does not pass for one from somebody else', async () => {
    const bytes = await sealed(ann, bob);
    expect(await opened(bytes, eve, bob)).toBeUndefined();
    expect(await opened(bytes, ann, bob, { verifyKey: eve.card.verifyKey })).toBeUndefined();
  });

  it('is refused if another signed it in the name of its sender', async () => {
    const keys = { messageKey, encryptKey: bob.card.encryptKey, signKey: eve.signKey };
    const forged = await sealEnvelope(parties(ann, bob), header, body, keys);
    expect(await opened(forged, ann, bob)).toBeUndefined();
    expect(await opened(forged, ann, bob, { verifyKey: eve.card.verifyKey })).toEqual(body);
  });

  it('cannot be turned back on its sender', async () => {
    const bytes = await sealed(ann, bob);
    expect(await opened(bytes, bob, ann)).toBeUndefined();
    expect(await opened(bytes, ann, ann)).toBeUndefined();
  });

  it('does not open under another counter, session or ratchet key, even with the same message key', async () => {
    const bytes = await sealed(ann, bob);
    for (const change of [{ counter: 4 }, { sessionId: randomBytes(16) }, { ratchetKey: randomBytes(32) }]) {
      const moved = concat(encodeHeader({ ...header, ...change }), bytes.slice(HEADER_BYTES));
      expect(decodeEnvelope(moved)).toBeDefined();
      expect(await opened(moved, ann, bob)).toBeUndefined();
    }
  });

  it('does not open with the wrapped key, nonce or ciphertext of another', async () => {
    const [one, other] = [await sealed(ann, bob), await sealed(ann, bob)];
    const [nonce, ek] = [HEADER_BYTES, HEADER_BYTES + 12];
    const ciphertext = ek + 4 + 384;
    const splice = (from: number, to: number) => concat(one.slice(0, from), other.slice(from, to), one.slice(to));
    expect(await opened(splice(nonce, ek), ann, bob)).toBeUndefined();
    expect(await opened(splice(ek, ciphertext), ann, bob)).toBeUndefined();
    expect(await opened(splice(ciphertext, one.length), ann, bob)).toBeUndefined();
    expect(await opened(splice(HEADER_BYTES, one.length), ann, bob)).toEqual(body);
  });

  it('has fields of their exact size', async () => {
    const bytes = await sealed(ann, bob);
    const [start, ek] = [bytes.slice(0, HEADER_BYTES + 12), bytes.slice(HEADER_BYTES + 16, HEADER_BYTES + 16 + 384)];
    const rest = bytes.slice(HEADER_BYTES + 16 + 384);
    expect(decodeEnvelope(concat(start, lp(ek), rest))).toBeDefined();
    expect(decodeEnvelope(concat(start, lp(concat(ek, new Uint8Array(128))), rest))).toBeDefined();
    expect(decodeEnvelope(concat(start, lp(concat(ek, new Uint8Array(129))), rest))).toBeUndefined();
    for (const other of [ek.slice(1), concat(ek, new Uint8Array(128)), new Uint8Array(0)]) {
      expect(await opened(concat(start, lp(other), rest), ann, bob)).toBeUndefined();
    }
  });
});
