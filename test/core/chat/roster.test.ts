/** What of all that a server and those who hold our invites send is dealt with at once. */
import { expect, it, onTestFinished } from 'vitest';
import { toHex } from '../../../signal/wire/bytes.ts';
import { Serial } from '../../../app/core/base/serial.ts';
import { Contacts, newContact } from '../../../app/core/chat/contacts.ts';
import { InviteBook, ownInvite } from '../../../app/core/chat/invite-book.ts';
import { Roster } from '../../../app/core/chat/roster.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { createInvite } from '../../../app/core/identity/invite.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import { dialInvite, dialPinned, sealSignal } from '../../../app/core/session/signaling.ts';
import { identityOf, NOW } from '../../parts/identities.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';
import { memoryStore } from '../../parts/memory-store.ts';
import { operationsOf } from '../../parts/operations.ts';

const ORIGIN = 'https://a.example';

/** Ann's roster, with an invite of hers; nobody is at the other end of her links, so every dial stays pending. */
async function setUp() {
  const ann = await identityOf('Ann');
  const inviter = ann.card.fingerprint;
  const store = memoryStore();
  await createVault(store);
  const vault = (await openVault(store))!;
  const turns = new Serial();
  const contacts = await Contacts.open(store, vault, turns, ORIGIN);
  const invites = await InviteBook.open(store, vault, turns, { origin: ORIGIN, inviter, now: NOW });
  const own = await ownInvite(createInvite(ORIGIN, inviter, NOW));
  await invites.add(own);
  const { openLink } = new MemoryNetwork();
  const waiting = (options: Parameters<typeof openLink>[0]) => ({ ...openLink(options), signal: () => undefined });
  const roster = new Roster({
    books: { contacts, invites, store, turns, now: () => NOW },
    means: { identity: ann, openLink: waiting, iceServers: () => [], now: () => NOW },
    vault,
    tellsRead: () => true,
    sendSignal: () => undefined,
    ondoubt: () => undefined,
    lookUp: async () => undefined,
    onjoined: () => undefined,
    onnotice: () => undefined,
    onchange: () => undefined,
  });
  onTestFinished(() => roster.close());
  /** An offer by her invite. */
  const offer = async (us: Identity) => {
    const dial = dialInvite(own.keys.id, own.keys.signalKey);
    return (await sealSignal({ us, them: inviter }, dial, { type: 'offer', text: '1' }))!;
  };
  return { roster, offer, ann, contacts, invites, own };
}

it('deals with two strangers at once by one invite: the newest takes the place of the oldest', async () => {
  const { roster, offer } = await setUp();
  const strangers = await Promise.all(['Bob', 'Cat', 'Eve'].map((name) => identityOf(name)));
  for (const us of strangers) {
    await roster.receiveSignal(us.card.fingerprint, await offer(us));
  }
  const known = strangers.map(({ card }) => roster.get(toHex(card.fingerprint)) !== undefined);
  expect(known).toEqual([false, true, true]);
}, 60_000);

it('lets no more signals wait than it has room for, and hears again once it has', async () => {
  const { roster, offer } = await setUp();
  const bob = await identityOf('Bob');
  const from = bob.card.fingerprint;
  const sound = await offer(bob);
  const flood = Array.from({ length: 256 }, () => roster.receiveSignal(from, new Uint8Array(100)));
  await Promise.all([...flood, roster.receiveSignal(from, sound)]);
  expect(roster.get(toHex(from))).toBeUndefined();
  await roster.receiveSignal(from, sound);
  expect(roster.get(toHex(from))).toBeDefined();
}, 60_000);

/** Bob, known to Ann, and all that he could send her: an offer to a friend, and one by an invite of hers. */
async function withBob(blocked: boolean) {
  const { roster, offer, ann, contacts } = await setUp();
  const bob = await identityOf('Bob');
  const { card } = bob;
  const contact = newContact(card.fingerprint, NOW);
  await contacts.update(contact.id, () => ({ ...contact, blocked, name: 'Bob', status: { kind: 'pinned', card } }));
  await roster.add(card.fingerprint);
  const them = ann.card.fingerprint;
  const pinned = await dialPinned({ us: bob, them }, ann.card);
  const offers = [(await sealSignal({ us: bob, them }, pinned, { type: 'offer', text: '1' }))!, await offer(bob)];
  return { hear: (payload: (typeof offers)[number]) => roster.receiveSignal(card.fingerprint, payload), offers };
}

it('opens nothing of somebody who is blocked: no key is touched', async () => {
  const known = await withBob(false);
  const blocked = await withBob(true);
  for (const kind of [0, 1]) {
    const heard = await operationsOf(() => known.hear(known.offers[kind]!));
    expect(heard.operations).toContain('verify RSA-PSS');
    const { operations } = await operationsOf(() => blocked.hear(blocked.offers[kind]!));
    expect(operations).toEqual([]);
  }
}, 60_000);

it('opens nothing of a stranger who comes by an invite that is hidden', async () => {
  const { roster, offer, invites, own } = await setUp();
  await invites.update(own.id, (known) => ({ ...known, hidden: true }));
  const bob = await identityOf('Bob');
  const sound = await offer(bob);
  const { operations } = await operationsOf(() => roster.receiveSignal(bob.card.fingerprint, sound));
  expect(operations).toEqual([]);
  expect(roster.get(toHex(bob.card.fingerprint))).toBeUndefined();
}, 60_000);
