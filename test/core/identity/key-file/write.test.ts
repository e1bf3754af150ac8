/** The files that Sotto writes, as openssl reads them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../../signal/wire/bytes.ts';
import { sha256 } from '../../../../signal/wire/keys.ts';
import { ChatError, DamagedRecord } from '../../../../app/core/base/errors.ts';
import type { Store } from '../../../../app/core/base/store.ts';
import { openIdentity } from '../../../../app/core/identity/identity.ts';
import { IDENTITY_PLACE, signingKeyInRecord } from '../../../../app/core/identity/identity-record.ts';
import { openKeyFile } from '../../../../app/core/identity/key-file/read.ts';
import { exportSigningKey } from '../../../../app/core/identity/key-file/write.ts';
import { sealStore } from '../../../../app/core/identity/sealed-store.ts';
import { createVault } from '../../../../app/core/identity/vault.ts';
import { recordOf, spkiOf } from '../../../parts/identities.ts';
import { memoryStore } from '../../../parts/memory-store.ts';
import { Openssl } from '../../../parts/openssl.ts';

const PASSWORD = 'Quiet späte Stunde';

const openssl = new Openssl();
afterAll(() => openssl.dispose());

let store: Store;
let text: string;

beforeAll(async () => {
  const raw = memoryStore(new Map());
  store = sealStore(raw, await createVault(raw));
  await store.write(new Map([[IDENTITY_PLACE, await recordOf('Ann')]]));
  text = await exportSigningKey(store, PASSWORD);
  openssl.saved('sotto-key.pem', text);
});

describe('a key that Sotto wrote', () => {
  it('is read by openssl, with its password alone, and has the fingerprint of its identity', async () => {
    const read = (password: string, ...how: string[]) =>
      openssl.run('pkey', '-in', 'sotto-key.pem', '-passin', `pass:${password}`, ...how);
    expect(fromUtf8(read(PASSWORD, '-noout', '-text'))).toMatch(/^Private-Key: \(3072 bit, 2 primes\)/i);
    expect(() => read('another password', '-noout')).toThrow();
    const { card } = await openIdentity(await recordOf('Ann'));
    expect(await sha256(read(PASSWORD, '-pubout', '-outform', 'DER'))).toEqual(card.fingerprint);
    expect(read(PASSWORD, '-check', '-noout')).toEqual(utf8('Key is valid\n'));
  });

  it('is encrypted with AES-256, under 600,000 rounds of HMAC-SHA-256 and a salt', () => {
    const parsed = fromUtf8(openssl.run('asn1parse', '-in', 'sotto-key.pem'))!;
    for (const part of ['PBES2', 'PBKDF2', 'hmacWithSHA256', 'aes-256-cbc']) expect(parsed).toContain(part);
    expect(parsed).toMatch(new RegExp(`INTEGER +:0*${(600_000).toString(16)}\\n`, 'i'));
    expect(parsed.match(/OCTET STRING +\[HEX DUMP\]:[0-9A-F]{32}\n/g)).toHaveLength(2);
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END ENCRYPTED/);
  });

  it('is another file each time', async () => {
    const again = await exportSigningKey(store, PASSWORD);
    const halves = (pem: string) => [pem.slice(200, 260), pem.slice(-120, -60)];
    expect(halves(again).some((part) => text.includes(part))).toBe(false);
  });

  it('is read by Sotto', async () => {
    const { publicKey } = await openKeyFile(utf8(text), PASSWORD);
    const { card } = await openIdentity(await recordOf('Ann'));
    expect(await spkiOf(publicKey)).toEqual(card.signingKey);
  });

  it('has a password of eight characters at least, whatever they are', async () => {
    for (const password of ['', '1234567', '🔑🔑🔑🔑🔑🔑🔑']) {
      await expect(exportSigningKey(store, password)).rejects.toThrow(ChatError);
      await expect(exportSigningKey(store, password)).rejects.toThrow(/password of 8 characters/);
    }
    await expect(exportSigningKey(store, '12345678')).resolves.toContain('ENCRYPTED');
  });

  it('is told to be damaged where there is none', async () => {
    const raw = memoryStore(new Map());
    await expect(exportSigningKey(raw, PASSWORD)).rejects.toThrow(DamagedRecord);
    for (const length of [0, 5, 60]) {
      const cut = (await recordOf('Ann')).slice(0, length);
      expect(() => signingKeyInRecord(cut)).toThrow(DamagedRecord);
    }
  });
});
