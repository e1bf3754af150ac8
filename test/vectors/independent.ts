/**
 * Our primitives against vectors that others made: standards, and second implementations. Each file in `independent/`
 * names its source. Data and plain functions, as contracts are, so that they hold in Node and in a browser page alike.
 */
import { concat, toHex, u8, utf8, type Bytes } from '../../signal/wire/bytes.ts';
import {
  CARD_LABEL,
  fingerprintOf,
  importPublicKey,
  LOGIN_LABEL,
  OAEP,
  PSS,
  sha256,
  sign,
  verify,
} from '../../signal/wire/keys.ts';
import { open, seal, unwrapKey, wrapKey } from '../../app/core/crypto/aead.ts';
import { diffieHellman, generateRatchetKey } from '../../app/core/crypto/dh.ts';
import { hkdf, hkdfExpand, hkdfExtract, hmac } from '../../app/core/crypto/kdf.ts';
import { decapsulate, encapsulate, generateKemKeyPair } from '../../app/core/crypto/kem.ts';
import { oaepDecrypt, oaepEncrypt } from '../../app/core/crypto/rsa.ts';
import { check, same, type Promised } from '../contracts/check.ts';
import { withRandomness } from '../parts/randomness.ts';
import { hex } from './hex.ts';
import gcm from './independent/aes-256-gcm.json' with { type: 'json' };
import keyWrap from './independent/aes-256-key-wrap.json' with { type: 'json' };
import hkdfCases from './independent/hkdf-sha-256.json' with { type: 'json' };
import hmacCases from './independent/hmac-sha-256.json' with { type: 'json' };
import mlKem from './independent/ml-kem-768.json' with { type: 'json' };
import leadingZero from './independent/rsa-leading-zero.json' with { type: 'json' };
import rsa from './independent/rsa.json' with { type: 'json' };
import sha from './independent/sha-256.json' with { type: 'json' };
import x25519 from './independent/x25519.json' with { type: 'json' };

/** One promise a case, named after it. */
function each<Case extends { readonly name: string }>(
  what: string,
  cases: readonly Case[],
  holds: (each: Case) => Promise<void>,
): Promised<void>[] {
  return cases.map((one) => ({ promise: `${what}: ${one.name}`, holds: () => holds(one) }));
}

/** The secret of a private key given as bytes, which the core itself never imports, and a point. */
async function x25519Secret(scalar: Bytes, point: Bytes): Promise<Bytes | undefined> {
  const pkcs8 = concat(hex('302e020100300506032b656e04220420'), scalar);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  return diffieHellman({ privateKey, publicKey: new Uint8Array(32) }, point);
}

const hashes = each('SHA-256', sha.cases, async ({ text, times, hash }) => {
  same(toHex(await sha256(utf8(text.repeat(times)))), hash, 'the hash');
});

const codes = each('HMAC-SHA-256, RFC 4231', hmacCases.cases, async ({ key, data, mac }) => {
  const code = toHex(await hmac(hex(key), hex(data)));
  same(code.length, 64, 'the digits of the code');
  same(code.slice(0, mac.length), mac, 'the code');
});

const derivations = each('HKDF-SHA-256, RFC 5869', hkdfCases.cases, async ({ ikm, salt, info, prk, okm }) => {
  // By its definition no salt is a salt of zeros; WebCrypto takes no empty key.
  const salted = salt === '' ? new Uint8Array(32) : hex(salt);
  same(toHex(await hkdfExtract(salted, hex(ikm))), prk, 'the pseudo-random key');
  same(toHex(await hkdfExpand(hex(prk), hex(info), okm.length / 2)), okm, 'the expanded key');
  same(toHex(await hkdf(hex(ikm), salted, hex(info), okm.length / 2)), okm, 'the derived key');
});

const exchanges = [
  ...each('X25519, RFC 7748', x25519.cases, async ({ scalar, point, secret }) => {
    same(await x25519Secret(hex(scalar), hex(point)), hex(secret), 'the secret');
  }),
  {
    promise: 'X25519, RFC 7748: 5.2, iterated 1 and 1,000 times',
    async holds() {
      let [scalar, point] = [concat(u8(9), new Uint8Array(31)), concat(u8(9), new Uint8Array(31))];
      for (let i = 1; i <= 1000; i++) {
        const secret = await x25519Secret(scalar, point);
        check(secret !== undefined, 'every step has a secret');
        [scalar, point] = [secret, scalar];
        const expected = x25519.iterated.find(({ times }) => times === i);
        if (expected) same(toHex(scalar), expected.secret, `after ${i}`);
      }
    },
  },
  ...each('X25519 refuses a point of small order', x25519.smallOrder, async ({ point }) => {
    same(await diffieHellman(await generateRatchetKey(), hex(point)), undefined, 'the secret');
  }),
];

const seals = each('AES-256-GCM, test case', gcm.cases, async ({ key, nonce, aad, plaintext, sealed }) => {
  same(toHex(await seal(hex(key), hex(nonce), hex(aad), hex(plaintext))), sealed, 'what is sealed');
  same(await open(hex(key), hex(nonce), hex(aad), hex(sealed)), hex(plaintext), 'what is opened');
});

const wraps = each('AES key wrap, RFC 3394', keyWrap.cases, async ({ kek, key, wrapped }) => {
  same(toHex(await wrapKey(hex(kek), hex(key))), wrapped, 'the wrapped key');
  same(await unwrapKey(hex(kek), hex(wrapped)), hex(key), 'the unwrapped key');
});

const encapsulations = each('ML-KEM-768', mlKem.cases, async (one) => {
  const pair = await withRandomness([hex(one.seed)], generateKemKeyPair);
  same(toHex(pair.publicKey), one.publicKey, 'the public key of the seed');
  const ciphertext = hex(one.ciphertext);
  same(decapsulate(pair.secretKey, ciphertext), hex(one.secret), 'the secret');
  const forged = concat(u8(ciphertext[0]! ^ 1), ciphertext.slice(1));
  same(decapsulate(pair.secretKey, forged), hex(one.rejected), 'the secret of a forged ciphertext');
  const ours = encapsulate(hex(one.publicKey));
  check(ours !== undefined, 'the key is taken');
  same(decapsulate(pair.secretKey, ours.ciphertext), ours.secret, 'the secret of our own ciphertext');
});

const rsaKeys = each(
  'RSA as of OpenSSL',
  rsa.cases,
  async ({ privateKey, publicKey, fingerprint, signed, wrapped }) => {
    const spki = hex(publicKey);
    same(toHex(await fingerprintOf(spki)), fingerprint, 'the fingerprint');
    const [verifyKey, encryptKey] = [await importPublicKey(spki, 'verify'), await importPublicKey(spki, 'encrypt')];
    check(verifyKey !== undefined && encryptKey !== undefined, 'the public key is imported for either use');

    const fields = [utf8(signed.first), utf8(signed.second)];
    same(signed.label, 'card', 'the label that was signed');
    check(await verify(verifyKey, CARD_LABEL, fields, hex(signed.signature)), 'the signature verifies');
    check(!(await verify(verifyKey, LOGIN_LABEL, fields, hex(signed.signature))), 'under its label only');
    const signKey = await crypto.subtle.importKey('pkcs8', hex(privateKey), PSS, false, ['sign']);
    check(await verify(verifyKey, CARD_LABEL, fields, await sign(signKey, CARD_LABEL, fields)), 'so does our own');

    const decryptKey = await crypto.subtle.importKey('pkcs8', hex(privateKey), OAEP, false, ['decrypt']);
    const [label, nothing, plaintext] = [hex(wrapped.label), new Uint8Array(0), hex(wrapped.plaintext)];
    const [labelled, bare] = [hex(wrapped.ciphertext), hex(wrapped.withoutLabel)];
    same(await oaepDecrypt(decryptKey, label, labelled), plaintext, 'what is unwrapped under its label');
    same(await oaepDecrypt(decryptKey, nothing, bare), plaintext, 'what is unwrapped without a label');
    same(await oaepDecrypt(decryptKey, nothing, labelled), undefined, 'what needs its label');
    same(await oaepDecrypt(decryptKey, label, bare), undefined, 'what has no label');
    const ours = await oaepEncrypt(encryptKey, label, plaintext);
    same(await oaepDecrypt(decryptKey, label, ours), plaintext, 'what we wrapped ourselves');
  },
);

// RFC 8017, 7.1.2 and 8.1.2, refuses any other length than the modulus has; not every runtime does by itself.
const wholeLengths = each('RSA of full length only', leadingZero.cases, async ({ name, signature, ciphertext }) => {
  const made = rsa.cases.find((one) => one.name === name);
  check(made !== undefined, 'there is a key of this size');
  const verifyKey = await importPublicKey(hex(made.publicKey), 'verify');
  check(verifyKey !== undefined, 'the public key is imported');
  const fields = [utf8(made.signed.first), utf8(made.signed.second)];
  const verifies = (bytes: Bytes) => verify(verifyKey, CARD_LABEL, fields, bytes);
  check(await verifies(hex(signature)), 'a signature that begins with a zero byte verifies');
  check(!(await verifies(hex(signature).slice(1))), 'without that byte it does not');

  const decryptKey = await crypto.subtle.importKey('pkcs8', hex(made.privateKey), OAEP, false, ['decrypt']);
  const decrypted = (bytes: Bytes) => oaepDecrypt(decryptKey, hex(made.wrapped.label), bytes);
  same(await decrypted(hex(ciphertext)), hex(made.wrapped.plaintext), 'a ciphertext that begins with a zero byte');
  same(await decrypted(hex(ciphertext).slice(1)), undefined, 'the same without that byte');
});

export const independent: readonly Promised<void>[] = [
  ...hashes,
  ...codes,
  ...derivations,
  ...exchanges,
  ...seals,
  ...wraps,
  ...encapsulations,
  ...rsaKeys,
  ...wholeLengths,
];
