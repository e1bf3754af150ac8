/** Parcels that Ann left for Bob: with a one-time key and without, and a knock by his invite. */
import { equal, toHex, utf8 } from '../../../signal/wire/bytes.ts';
import { prekeyOf } from '../../../app/core/crypto/prekey.ts';
import { openParcel } from '../../../app/core/session/open-parcel.ts';
import { decodeParcel } from '../../../app/core/session/parcel.ts';
import { sealParcel, verifyPrekeys, type SealingMode } from '../../../app/core/session/seal-parcel.ts';
import { check, same } from '../../contracts/check.ts';
import { counting, keptKeyPair, keyPairOf, withKeyPairs, withRandomness } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';
import { MADE_AT } from '../people.ts';
import { bundleOf, SECRETS } from './bundle.ts';

interface Left {
  readonly ephemeral: string;
  readonly parcel: string;
}

interface Parcels {
  readonly bundle: string;
  readonly withKey: Left;
  readonly withoutKey: Left;
  readonly knock: Left;
}

const BODY = { entries: utf8('entries of a parcel'), rest: utf8('rest of a parcel') };
const INVITE = { mode: 'invite', inviteId: counting(32, 160), psk: counting(32, 120) } as const;
const INDEX = 7;
const WAYS = {
  withKey: { mode: { mode: 'pinned' }, index: INDEX },
  withoutKey: { mode: { mode: 'pinned' }, index: undefined },
  knock: { mode: INVITE, index: INDEX },
} satisfies Record<string, { mode: SealingMode; index: number | undefined }>;
/** For ML-KEM's encapsulation; then the content key, and its nonce. */
const DRAWN = [counting(32, 10), counting(32, 60), counting(12, 100)];
/** What is not the same each time: the key under RSA with its length, and what is sealed with the signature. */
const UP_TO_EK = 34 + 12;

async function seal({ ann, bob }: People, bundle: string, way: keyof typeof WAYS, ephemeral: CryptoKeyPair) {
  const { mode, index } = WAYS[way];
  const key = index === undefined ? undefined : (await bundleOf(bob)).publication.keys[index];
  const oneTime = key && index !== undefined ? { index, key } : null;
  const prekeys = await verifyPrekeys(bob.card, { bundle: hex(bundle), oneTime }, MADE_AT);
  check(prekeys !== undefined, 'the prekeys verify');
  const sealing = () => withRandomness(DRAWN, () => sealParcel(ann, prekeys, mode, BODY));
  const parcel = await withKeyPairs([ephemeral], sealing);
  check(parcel !== undefined, 'the parcel is sealed');
  return parcel;
}

async function leave(people: People, bundle: string, way: keyof typeof WAYS): Promise<Left> {
  const ephemeral = await keptKeyPair();
  return { ephemeral: toHex(ephemeral.pkcs8), parcel: toHex(await seal(people, bundle, way, ephemeral.pair)) };
}

/** @throws unless the parcel is made as it once was, and opens. */
async function holds(people: People, vector: Parcels, way: keyof typeof WAYS): Promise<void> {
  const { ephemeral, parcel } = vector[way];
  const frozen = hex(parcel);
  const made = await seal(people, vector.bundle, way, await keyPairOf(hex(ephemeral)));
  same(made.length, frozen.length, 'the length of the parcel');
  const decoded = decodeParcel(frozen);
  check(decoded !== undefined, 'the parcel decodes');
  const settled = 1251 + 4 + decoded.introduction.length + UP_TO_EK;
  check(equal(made.slice(0, settled), frozen.slice(0, settled)), 'all up to the wrapped key is the same');

  const { mode, index } = WAYS[way];
  same(decoded.index, index, 'the index');
  const prekeys = {
    signed: await prekeyOf(SECRETS[0]!),
    oneTime: index === undefined ? undefined : await prekeyOf(SECRETS[1 + index]!),
  };
  const trust = mode.mode === 'invite' ? mode : { mode: 'pinned' as const, card: people.ann.card };
  const opened = await openParcel(people.bob, decoded, prekeys, trust, MADE_AT);
  check(opened !== undefined, 'the parcel opens');
  same([opened.body.entries, opened.body.rest], [BODY.entries, BODY.rest], 'the content');
  same(opened.peer.card.bytes, people.ann.card.bytes, 'who sent it');
  same(opened.peer.name, mode.mode === 'invite' ? 'Ann' : undefined, 'the name');
}

export const parcel: Kind<Parcels> = {
  async make(people) {
    const bundle = toHex((await bundleOf(people.bob)).publication.bundle);
    return {
      bundle,
      withKey: await leave(people, bundle, 'withKey'),
      withoutKey: await leave(people, bundle, 'withoutKey'),
      knock: await leave(people, bundle, 'knock'),
    };
  },
  promises: [
    {
      promise: 'a parcel with a one-time key is sealed to the same bytes, and opens',
      holds: ({ vector, ...people }) => holds(people, vector, 'withKey'),
    },
    {
      promise: 'a parcel without one is sealed to the same bytes, and opens',
      holds: ({ vector, ...people }) => holds(people, vector, 'withoutKey'),
    },
    {
      promise: 'a knock is sealed to the same bytes, and opens with the key of the invite',
      holds: ({ vector, ...people }) => holds(people, vector, 'knock'),
    },
  ],
};
