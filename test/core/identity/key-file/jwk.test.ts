/** Keys as Node and browsers write JWK. */
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../../signal/wire/bytes.ts';
import { opened, ownKey, problemOf } from '../../../parts/key-files.ts';

const { spki, jwk, converted } = ownKey();

describe('a JWK', () => {
  it('is read in the traditional form of RSA keys, and as Node and browsers write JWK', async () => {
    const traditional = converted('pkey', '-traditional');
    expect(fromUtf8(traditional)).toContain('BEGIN RSA PRIVATE KEY');
    expect(await opened(traditional)).toEqual(spki);
    expect(await opened(JSON.stringify(jwk))).toEqual(spki);
    const pss = { name: 'RSA-PSS', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('jwk', { ...jwk, kty: 'RSA' }, pss, true, ['sign']);
    const written = await crypto.subtle.exportKey('jwk', key);
    expect(written).toMatchObject({ alg: 'PS256', key_ops: ['sign'], ext: true });
    expect(await opened(JSON.stringify(written, null, 2))).toEqual(spki);
    expect(await opened(JSON.stringify({ ...jwk, use: 'sig', key_ops: ['sign', 'verify'], kid: 'mine' }))).toEqual(
      spki,
    );
    // Leading zeros, which RFC 7518 forbids and some write.
    expect(await opened(JSON.stringify({ ...jwk, n: `AAAA${jwk.n!}` }))).toEqual(spki);
  });

  it('is for something else, by its own word', async () => {
    for (const purpose of [
      { use: 'enc' },
      { alg: 'RSA-OAEP' },
      { alg: 'RS256' },
      { key_ops: ['decrypt'] },
      { key_ops: ['verify'] },
      { key_ops: ['sign', 'decrypt'] },
      { key_ops: 'sign' },
      { use: null },
    ]) {
      expect(await problemOf(JSON.stringify({ ...jwk, ...purpose }))).toBe('jwk-purpose');
    }
  });

  it('lacks numbers', async () => {
    for (const name of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']) {
      expect(await problemOf(JSON.stringify({ ...jwk, [name]: undefined }))).toBe('jwk-incomplete');
      expect(await problemOf(JSON.stringify({ ...jwk, [name]: 5 }))).toBe('damaged');
      expect(await problemOf(JSON.stringify({ ...jwk, [name]: '+/==' }))).toBe('damaged');
    }
  });
});
