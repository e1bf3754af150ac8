/** Bundles of prekeys, of Ann and of Bob: made of secrets that are given, so that only the signature is new each time. */
import { openBundle } from '../../../signal/wire/bundle.ts';
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { MAX_BUNDLE_LIFETIME, MAX_ONE_TIME_KEYS } from '../../../signal/wire/limits.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { makeBundle, type FreshBundle } from '../../../app/core/identity/prekeys/make-bundle.ts';
import { check, same } from '../../contracts/check.ts';
import { counting, withRandomness } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind } from '../kind.ts';
import { MADE_AT } from '../people.ts';

interface Bundles {
  readonly ann: string;
  readonly bob: string;
}

/** Of the signed prekey first, then of each one-time prekey. */
export const SECRETS: readonly Bytes[] = Array.from({ length: 1 + MAX_ONE_TIME_KEYS }, (_, place) =>
  counting(96, 2 * place),
);
const SEQUENCE = MADE_AT + 7;

export function bundleOf({ card, signKey }: Identity): Promise<FreshBundle> {
  const us = { fingerprint: card.fingerprint, signKey };
  return withRandomness(
    SECRETS.map((secret) => secret.slice()),
    () => makeBundle(us, SEQUENCE, MADE_AT),
  );
}

export const bundle: Kind<Bundles> = {
  make: async ({ ann, bob }) => ({
    ann: toHex((await bundleOf(ann)).publication.bundle),
    bob: toHex((await bundleOf(bob)).publication.bundle),
  }),
  promises: [
    {
      promise: 'a bundle of an identity of 3072 bits, and one of 4096 bits, are signed over the same bytes',
      async holds({ vector, ann, bob }) {
        for (const [identity, frozen, signature] of [
          [ann, hex(vector.ann), 384],
          [bob, hex(vector.bob), 512],
        ] as const) {
          const made = (await bundleOf(identity)).publication.bundle;
          same(made.length, frozen.length, 'the length of the bundle');
          check(equal(made.slice(0, -signature), frozen.slice(0, -signature)), 'all before the signature is the same');
        }
      },
    },
    {
      promise: 'a bundle verifies, and names the very keys that the same secrets make',
      async holds({ vector, bob }) {
        const opened = await openBundle(hex(vector.bob), bob.card.verifyKey);
        check(opened !== undefined, 'the bundle opens');
        same(opened.fingerprint, bob.card.fingerprint, 'whose it is');
        same([opened.sequence, opened.expiry], [SEQUENCE, MADE_AT + MAX_BUNDLE_LIFETIME], 'how new, and how long');
        const { keys } = (await bundleOf(bob)).publication;
        same(await Promise.all(keys.map((key) => sha256(key))), opened.oneTimeHashes, 'the hashes of the keys');
      },
    },
  ],
};
