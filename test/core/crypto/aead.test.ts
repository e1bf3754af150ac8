import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../signal/wire/bytes.ts';
import { IV_BYTES, open, seal, TAG_BYTES, unwrapKey } from '../../../app/core/crypto/aead.ts';
import { anyBytes, bytesOf, damaged } from '../../parts/arbitrary.ts';

const hex = (text: string) => fromHex(text)!;

describe('AES-256-GCM', () => {
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
  const nonce = hex('cafebabefacedbaddecaf888');
  const aad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  const sealed =
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a' +
    'bcc9f662' +
    '76fc6ece0f4e1768cddf8853bb2d551b';

  it('opens nothing that was altered, cut or made longer', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(hex(sealed)), async (bytes) => {
        if (toHex(bytes) !== sealed) expect(await open(key, nonce, aad, bytes)).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it('opens nothing under another key, nonce or context', async () => {
    const bytes = hex(sealed);
    expect(await open(new Uint8Array(32), nonce, aad, bytes)).toBeUndefined();
    expect(await open(key, new Uint8Array(IV_BYTES), aad, bytes)).toBeUndefined();
    expect(await open(key, nonce, aad.slice(1), bytes)).toBeUndefined();
    for (const length of [0, 11, 13, 16]) {
      expect(await open(key, new Uint8Array(length), aad, bytes)).toBeUndefined();
    }
    for (const length of [0, TAG_BYTES - 1, TAG_BYTES]) {
      expect(await open(key, nonce, aad, bytes.slice(0, length))).toBeUndefined();
    }
  });

  it('takes empty plaintexts and contexts', async () => {
    const nothing = new Uint8Array(0);
    const tag = await seal(key, nonce, nothing, nothing);
    expect(tag.length).toBe(TAG_BYTES);
    expect(await open(key, nonce, nothing, tag)).toEqual(nothing);
  });
});

describe('AES key wrap', () => {
  const kek = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
  const key = hex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f');
  const wrapped = '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21';

  it('unwraps nothing that was altered, and nothing under another key', async () => {
    expect(await unwrapKey(key, hex(wrapped))).toBeUndefined();
    const input = fc.oneof(damaged(hex(wrapped)), anyBytes(48), bytesOf(40));
    await fc.assert(
      fc.asyncProperty(input, async (bytes) => {
        if (toHex(bytes) !== wrapped) expect(await unwrapKey(kek, bytes)).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it('holds keys of 32 bytes only, as no other length is ever sent', async () => {
    const shorter = await crypto.subtle.importKey('raw', kek, 'AES-KW', false, ['wrapKey']);
    const key16 = await crypto.subtle.importKey('raw', key.slice(0, 16), 'AES-GCM', true, ['encrypt']);
    const wrapped16 = new Uint8Array(await crypto.subtle.wrapKey('raw', key16, shorter, 'AES-KW'));
    expect(await unwrapKey(kek, wrapped16)).toBeUndefined();
    expect(await unwrapKey(kek, concat(wrapped16, new Uint8Array(16)))).toBeUndefined();
  });
});
