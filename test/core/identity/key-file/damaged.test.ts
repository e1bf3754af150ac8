/** Key files cut, changed, or made of nothing: each is refused in a sentence. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8, type Bytes } from '../../../../signal/wire/bytes.ts';
import { decodePem, encodePem } from '../../../../app/core/identity/key-file/pem.ts';
import { anyBytes, damaged } from '../../../parts/arbitrary.ts';
import { ownKey, PASSWORD, pem, problemOf } from '../../../parts/key-files.ts';

const { text, jwk, encrypted } = ownKey();

describe('a damaged key file', () => {
  it('is refused in a sentence wherever it was cut', async () => {
    const file = utf8(text.trim());
    for (let length = 0; length < file.length; length++) {
      const problem = await problemOf(file.slice(0, length));
      expect(['damaged', 'not-a-key'], `${length} bytes`).toContain(problem);
    }
  });

  it('is refused in a sentence wherever its DER was cut, and wherever it was changed', async () => {
    const sound = decodePem(text, 'PRIVATE KEY');
    for (let length = 0; length < sound.length; length++) {
      expect(await problemOf(pem(sound.slice(0, length))), `${length} bytes`).toBe('damaged');
    }
    await fc.assert(
      fc.asyncProperty(damaged(sound), async (bytes) => {
        const problem = await problemOf(pem(bytes));
        expect(problem === undefined).toBe(toHex(bytes) === toHex(sound));
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused in a sentence wherever an encrypted one, or a JWK, was changed', async () => {
    const file = encrypted('-v2', 'aes-256-cbc', '-iter', '1');
    const der = decodePem(fromUtf8(file)!, 'ENCRYPTED PRIVATE KEY');
    const anyOf = (sound: Bytes, asFile: (bytes: Bytes) => Bytes | string) =>
      fc.assert(
        fc.asyncProperty(damaged(sound), async (bytes) => {
          await problemOf(asFile(bytes), PASSWORD);
        }),
        { numRuns: 500 },
      );
    await anyOf(der, (bytes) => encodePem(bytes, 'ENCRYPTED PRIVATE KEY'));
    await anyOf(utf8(JSON.stringify(jwk)), (bytes) => bytes);
    await anyOf(file, (bytes) => bytes);
  });

  it('is refused in a sentence whatever its bytes are', async () => {
    const asPlain = (bytes: Bytes) => pem(bytes);
    const asEncrypted = (bytes: Bytes) => encodePem(bytes, 'ENCRYPTED PRIVATE KEY');
    const asTraditional = (bytes: Bytes) => encodePem(bytes, 'RSA PRIVATE KEY');
    for (const asFile of [(bytes: Bytes) => bytes, asPlain, asEncrypted, asTraditional]) {
      await fc.assert(
        fc.asyncProperty(anyBytes(300), async (bytes) => {
          expect(await problemOf(asFile(bytes), PASSWORD)).toBeDefined();
        }),
        { numRuns: 500 },
      );
    }
  });
});
