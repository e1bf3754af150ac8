/** What is durable when one parts from somebody, and of whom the invite that they came by still speaks. */
import { expect, it, onTestFinished } from 'vitest';
import { toHex } from '../../../signal/wire/bytes.ts';
import { Serial } from '../../../app/core/base/serial.ts';
import { Contacts, newContact } from '../../../app/core/chat/contacts.ts';
import { InviteBook, ownInvite } from '../../../app/core/chat/invite-book.ts';
import { Parting } from '../../../app/core/chat/parting.ts';
import { Roster } from '../../../app/core/chat/roster.ts';
import { createInvite } from '../../../app/core/identity/invite.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import { identityOf, NOW } from '../../parts/identities.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const ORIGIN = 'https://a.example';

/** Ann's books, with Bob, who came by an invite of hers that the server knows of, and one that nobody has used. */
async function setUp() {
  const [ann, bob] = await Promise.all([identityOf('Ann'), identityOf('Bob')]);
  const inviter = ann.card.fingerprint;
  const by = bob.card.fingerprint;
  const store = memoryStore();
  await createVault(store);
  const vault = (await openVault(store))!;
  const openBooks = async () => {
    const turns = new Serial();
    const contacts = await Contacts.open(store, vault, turns, ORIGIN);
    const invites = await InviteBook.open(store, vault, turns, { origin: ORIGIN, inviter, now: NOW });
    return { contacts, invites, store, turns, now: () => NOW };
  };
  const books = await openBooks();
  const [used, free] = [createInvite(ORIGIN, inviter, NOW), createInvite(ORIGIN, inviter, NOW)];
  const theirs = { ...(await ownInvite(used)), status: { kind: 'used', by }, told: true } as const;
  await books.invites.add(theirs);
  const other = { ...(await ownInvite(free)), told: true };
  await books.invites.add(other);
  const contact = newContact(by, NOW);
  const status = { kind: 'pinned', card: bob.card } as const;
  await books.contacts.update(contact.id, () => ({ ...contact, name: 'Bob', status }));
  const roster = new Roster({
    books,
    means: { identity: ann, openLink: new MemoryNetwork().openLink, iceServers: () => [], now: () => NOW },
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
  await roster.add(by);
  const parted: string[] = [];
  const parting = new Parting({ books, roster, onparted: ({ id }) => parted.push(id) });
  return { parting, parted, roster, openBooks, id: toHex(by), by, theirs: theirs.id, other: other.id };
}

it('blocking keeps who used an invite, and hides it, to be told to the server; other invites stay as they are', async () => {
  const { parting, parted, openBooks, id, by, theirs, other } = await setUp();
  await parting.block(id);
  expect(parted).toEqual([id]);
  const { contacts, invites } = await openBooks();
  expect(contacts.get(id)).toMatchObject({ blocked: true, name: 'Bob' });
  expect(invites.get(theirs)).toMatchObject({ hidden: true, told: false, status: { kind: 'used', by } });
  expect(invites.get(other)).toMatchObject({ hidden: false, told: true, status: { kind: 'live' } });
  expect((await parting.unblock(id))?.blocked).toBe(false);
  expect((await openBooks()).contacts.get(id)?.blocked).toBe(false);
});

it('deleting keeps no word of them, in no invite either', async () => {
  const { parting, parted, roster, openBooks, id, theirs, other } = await setUp();
  await parting.delete(id);
  expect(parted).toEqual([id]);
  expect(roster.get(id)).toBeUndefined();
  const { contacts, invites } = await openBooks();
  expect(contacts.all()).toEqual([]);
  expect(invites.get(theirs)).toMatchObject({ hidden: true, told: false, status: { kind: 'cancelled' } });
  expect(invites.get(other)).toMatchObject({ hidden: false, told: true, status: { kind: 'live' } });
  await parting.delete(id);
  expect(parted).toEqual([id]);
});
