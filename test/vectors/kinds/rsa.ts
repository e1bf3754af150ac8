/** Signatures over fields, and bytes wrapped under a label, by either size of key. */
import { toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { LOGIN_LABEL, sign, verify } from '../../../signal/wire/keys.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { boundLabel, oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { check, same } from '../../contracts/check.ts';
import { counting } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind } from '../kind.ts';

interface RsaVector {
  /** Under the login label, over FIELDS. */
  readonly signature: string;
  /** PLAINTEXT under the envelope's OAEP label, bound to CONTEXT. */
  readonly wrapped: string;
}

const FIELDS = [utf8('https://example.org'), counting(32, 0)];
const CONTEXT = utf8('a header');
const PLAINTEXT = counting(40, 64);

function oaepLabel(): Promise<Bytes> {
  return boundLabel(LABEL.oaep, CONTEXT);
}

async function madeBy({ card, signKey }: Identity): Promise<RsaVector> {
  return {
    signature: toHex(await sign(signKey, LOGIN_LABEL, FIELDS)),
    wrapped: toHex(await oaepEncrypt(card.encryptKey, await oaepLabel(), PLAINTEXT)),
  };
}

export const rsa: Kind<{ readonly ann: RsaVector; readonly bob: RsaVector; readonly boundLabel: string }> = {
  make: async ({ ann, bob }) => ({
    ann: await madeBy(ann),
    bob: await madeBy(bob),
    boundLabel: toHex(await oaepLabel()),
  }),
  promises: [
    {
      promise: 'a signature over fields verifies with its key only',
      async holds({ vector, ann, bob }) {
        check(await verify(ann.card.verifyKey, LOGIN_LABEL, FIELDS, hex(vector.ann.signature)), "Ann's verifies");
        check(await verify(bob.card.verifyKey, LOGIN_LABEL, FIELDS, hex(vector.bob.signature)), "Bob's verifies");
        check(!(await verify(bob.card.verifyKey, LOGIN_LABEL, FIELDS, hex(vector.ann.signature))), "Ann's as Bob's");
      },
    },
    {
      promise: 'wrapped bytes unwrap under the label that was bound to their context',
      async holds({ vector, ann, bob }) {
        const label = await oaepLabel();
        same(toHex(label), vector.boundLabel, 'the label');
        same(await oaepDecrypt(ann.decryptKey, label, hex(vector.ann.wrapped)), PLAINTEXT, 'what Ann unwraps');
        same(await oaepDecrypt(bob.decryptKey, label, hex(vector.bob.wrapped)), PLAINTEXT, 'what Bob unwraps');
        same(await oaepDecrypt(bob.decryptKey, LABEL.oaep, hex(vector.bob.wrapped)), undefined, 'an unbound label');
      },
    },
  ],
};
