/**
 * The frozen vectors with what their kinds promise: formats as they were once made, so that no later version can change
 * them unawares. In Node and in a browser page alike. `make.ts` makes the files, and says how.
 */
import type { Promised } from '../contracts/check.ts';
import batchVector from './frozen/batch.json' with { type: 'json' };
import bundleVector from './frozen/bundle.json' with { type: 'json' };
import cardVector from './frozen/card.json' with { type: 'json' };
import entryVector from './frozen/entry.json' with { type: 'json' };
import framesVector from './frozen/frames.json' with { type: 'json' };
import handshakeVector from './frozen/handshake.json' with { type: 'json' };
import inviteVector from './frozen/invite.json' with { type: 'json' };
import paddingVector from './frozen/padding.json' with { type: 'json' };
import parcelVector from './frozen/parcel.json' with { type: 'json' };
import records from './frozen/people.json' with { type: 'json' };
import rsaVector from './frozen/rsa.json' with { type: 'json' };
import safetyNumberVector from './frozen/safety-number.json' with { type: 'json' };
import sessionVector from './frozen/session.json' with { type: 'json' };
import signalingVector from './frozen/signaling.json' with { type: 'json' };
import vaultVector from './frozen/vault.json' with { type: 'json' };
import type { Kind } from './kind.ts';
import { batch } from './kinds/batch.ts';
import { bundle } from './kinds/bundle.ts';
import { card } from './kinds/card.ts';
import { entry } from './kinds/entry.ts';
import { frames } from './kinds/frames.ts';
import { handshake } from './kinds/handshake.ts';
import { invite } from './kinds/invite.ts';
import { padding } from './kinds/padding.ts';
import { parcel } from './kinds/parcel.ts';
import { rsa } from './kinds/rsa.ts';
import { safetyNumber } from './kinds/safety-number.ts';
import { session } from './kinds/session.ts';
import { signaling } from './kinds/signaling.ts';
import { vault } from './kinds/vault.ts';
import { openPeople } from './people.ts';

function promisesOf<Vector>(kind: Kind<Vector>, vector: Vector): Promised<void>[] {
  return kind.promises.map(({ promise, holds }) => ({
    promise,
    holds: async () => holds({ ...(await openPeople(records)), vector }),
  }));
}

export const frozen: readonly Promised<void>[] = [
  ...promisesOf(card, cardVector),
  ...promisesOf(rsa, rsaVector),
  ...promisesOf(invite, inviteVector),
  ...promisesOf(signaling, signalingVector),
  ...promisesOf(handshake, handshakeVector),
  ...promisesOf(session, sessionVector),
  ...promisesOf(safetyNumber, safetyNumberVector),
  ...promisesOf(padding, paddingVector),
  ...promisesOf(entry, entryVector),
  ...promisesOf(batch, batchVector),
  ...promisesOf(frames, framesVector),
  ...promisesOf(vault, vaultVector),
  ...promisesOf(bundle, bundleVector),
  ...promisesOf(parcel, parcelVector),
];
