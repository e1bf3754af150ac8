/** Everything sealed, in every place where something sealed is read: each opens in its own place only, and nothing throws. */
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard } from '../../../signal/wire/card.ts';
import { openBundle } from '../../../signal/wire/bundle.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { createInvite, inviteKeys, openInviteNote, sealInviteNote } from '../../../app/core/identity/invite.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import { decodeParcel } from '../../../app/core/session/parcel.ts';
import { sealParcel } from '../../../app/core/session/seal-parcel.ts';
import { accept, answer, complete, initiate } from '../../../app/core/session/handshake.ts';
import { decodeM2 } from '../../../app/core/session/handshake-messages.ts';
import {
  answerDial,
  decodeSignal,
  dialInvite,
  dialPinned,
  openSignal,
  sealSignal,
} from '../../../app/core/session/signaling.ts';
import { encounter, inSession, openBy, sealBy } from '../../parts/handshakes.ts';
import { identityOf } from '../../parts/identities.ts';
import { memoryStore } from '../../parts/memory-store.ts';
import { prekeysOf, published, tryToOpen } from '../../parts/parcels.ts';

/** Everything that is sealed or signed between Ann and Bob, by its name. */
let things: Record<string, Bytes>;
/** Whether a place takes a thing. */
let places: Record<string, (thing: Bytes) => Promise<boolean>>;

beforeAll(async () => {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
  const initiated = await initiate(initiator);
  const answered = (await answer(responder, initiated.m1))!;
  // Whoever takes a message overwrites secrets, so each try has copies of its own.
  const atAnn = () => ({ ...initiated, kem: { ...initiated.kem, secretKey: initiated.kem.secretKey.slice() } });
  const atBob = () => ({ ...answered, hs: answered.hs.slice() });
  const { m3 } = (await complete(initiator, atAnn(), answered.m2))!;

  const [annsSide, bobsSide] = await inSession('Ann', 'Bob');
  const { envelope } = await sealBy(annsSide, { entries: utf8('text'), rest: new Uint8Array(0) });

  const toBob = { us: ann, them: bob.card.fingerprint };
  const toAnn = { us: bob, them: ann.card.fingerprint };
  const invite = createInvite('https://sotto.example', bob.card.fingerprint, Date.now());
  const keys = await inviteKeys(invite);
  const [pinned, invited] = [await dialPinned(toBob, bob.card), dialInvite(keys.id, keys.signalKey)];
  const answerer = { ...pinned, role: 'answerer' } as const;
  const signal = async (thing: Bytes, type: string) => {
    const sealed = decodeSignal(thing);
    const dial = sealed && (await answerDial(toAnn, sealed, keys.signalKey));
    const opened = dial && (await openSignal(toAnn, dial, sealed, ann.card));
    return opened?.signal.type === type && sealed?.mode.mode === (type === 'offer' ? 'pinned' : 'invite');
  };

  const records = new Map<string, Bytes>();
  await createVault(memoryStore(records));
  const raw = memoryStore(records);
  const store = sealStore(raw, (await openVault(raw))!);
  await store.write(new Map([['place', utf8('record')]]));

  const away = await published('Bob');
  const body = { entries: utf8('text'), rest: new Uint8Array(0) };
  const parcel = (await sealParcel(ann, await prekeysOf(away, 0), { mode: 'pinned' }, body))!;
  const byInvite = { mode: 'invite', inviteId: keys.id, psk: keys.psk } as const;
  const knock = (await sealParcel(ann, await prekeysOf(away, 1), byInvite, body))!;
  const { introduction } = decodeParcel(knock)!;

  things = {
    'an M1': initiated.m1,
    'an M2': answered.m2,
    'the proof of an M2': decodeM2(answered.m2)!.m2s,
    'an M3': m3,
    'an envelope': envelope,
    'an offer': (await sealSignal(toBob, pinned, { type: 'offer', text: 'v=0' }))!,
    'an answer': (await sealSignal(toAnn, answerer, { type: 'answer', text: 'v=0' }))!,
    'candidates by an invite': (await sealSignal(toBob, invited, { type: 'candidates', text: '[]' }))!,
    'a record': records.get('place')!,
    'a note': await sealInviteNote(keys, 'Ann'),
    'a card': ann.card.bytes,
    'a bundle': away.publication.bundle,
    'a parcel': parcel,
    'a knock': knock,
    'the envelope of a parcel': parcel.slice(1255),
    'the introduction of a knock': introduction,
    noise: randomBytes(1332),
  };
  places = {
    'an M1': async (thing) => (await answer(responder, thing)) !== undefined,
    'an M2': async (thing) => (await complete(initiator, atAnn(), thing)) !== undefined,
    'an M3': async (thing) => (await accept(responder, atBob(), thing)) !== undefined,
    'an envelope': async (thing) => (await openBy(bobsSide, thing)) !== undefined,
    'an offer': (thing) => signal(thing, 'offer'),
    'an answer': async (thing) => {
      const sealed = decodeSignal(thing);
      return sealed !== undefined && (await openSignal(toBob, pinned, sealed, bob.card)) !== undefined;
    },
    'candidates by an invite': (thing) => signal(thing, 'candidates'),
    'a record': async (thing) => {
      records.set('place', thing);
      return store.get('place').then(
        () => true,
        () => false,
      );
    },
    'a note': async (thing) => (await openInviteNote(keys, thing)) !== undefined,
    'a card': async (thing) => (await openCard(thing)) !== undefined,
    'a bundle': async (thing) => (await openBundle(thing, bob.card.verifyKey)) !== undefined,
    'a parcel': async (thing) => (await tryToOpen(away, thing, { mode: 'pinned', card: ann.card })) !== undefined,
    'a knock': async (thing) => (await tryToOpen(away, thing, byInvite)) !== undefined,
    'the envelope of a parcel': async (thing) =>
      (await tryToOpen(away, concat(parcel.slice(0, 1255), thing), { mode: 'pinned', card: ann.card })) !== undefined,
    'the introduction of a knock': async (thing) => {
      const envelope = knock.slice(1255 + introduction.length);
      return (await tryToOpen(away, concat(knock.slice(0, 1251), lp(thing), envelope), byInvite)) !== undefined;
    },
  };
});

describe('what is sealed for one place', () => {
  it('opens there, and nowhere else', async () => {
    for (const [place, takes] of Object.entries(places)) {
      const taken: string[] = [];
      for (const [name, thing] of Object.entries(things)) if (await takes(thing)) taken.push(name);
      expect([place, taken]).toEqual([place, [place]]);
    }
  });
});
