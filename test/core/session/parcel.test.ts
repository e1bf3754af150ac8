import { beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { sealParcel } from '../../../app/core/session/seal-parcel.ts';
import { identityOf } from '../../parts/identities.ts';
import { prekeysOf, published, tryToOpen, type Published } from '../../parts/parcels.ts';

const body = { entries: utf8('entries'), rest: utf8('rest') };
const invite = { mode: 'invite', inviteId: randomBytes(32), psk: randomBytes(32) } as const;
let ann: Identity;
let bob: Published;

beforeAll(async () => {
  [ann, bob] = await Promise.all([identityOf('Ann'), published('Bob')]);
});

describe('a parcel', () => {
  it('brings', async () => {
    const parcel = (await sealParcel(ann, await prekeysOf(bob, 3), { mode: 'pinned' }, body))!;
    expect(await tryToOpen(bob, parcel, { mode: 'pinned', card: ann.card })).toMatchObject({
      body,
      withOneTimeKey: true,
    });
    const knock = (await sealParcel(ann, await prekeysOf(bob, undefined), invite, body))!;
    expect(await tryToOpen(bob, knock, invite)).toMatchObject({ body, withOneTimeKey: false, peer: { name: 'Ann' } });
  });
});
