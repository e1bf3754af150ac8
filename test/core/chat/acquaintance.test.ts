/** What is durable of one person, and how an invite meets them: whom it lets in is asked again before anything is kept. */
import { describe, expect, it } from 'vitest';
import { openCard } from '../../../signal/wire/card.ts';
import { LinkError } from '../../../app/core/base/errors.ts';
import { Serial } from '../../../app/core/base/serial.ts';
import { Acquaintance } from '../../../app/core/chat/acquaintance.ts';
import { Contacts, invitedBy } from '../../../app/core/chat/contacts.ts';
import { InviteBook, ownInvite } from '../../../app/core/chat/invite-book.ts';
import { createInvite } from '../../../app/core/identity/invite.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import { cardOf, DAY, identityOf, NOW } from '../../parts/identities.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const ORIGIN = 'https://a.example';

/** Ann's books with one invite in them, and what the directory says. */
async function setUp() {
  const ann = await identityOf('Ann');
  const inviter = ann.card.fingerprint;
  const store = memoryStore();
  await createVault(store);
  const vault = (await openVault(store))!;
  const turns = new Serial();
  let now = NOW;
  const openBooks = async () => ({
    contacts: await Contacts.open(store, vault, turns, ORIGIN),
    invites: await InviteBook.open(store, vault, turns, { origin: ORIGIN, inviter, now }),
    store,
    turns,
    now: () => now,
  });
  const books = await openBooks();
  const own = await ownInvite(createInvite(ORIGIN, inviter, NOW), 'Ann');
  await books.invites.add(own);
  const proven = async (name: string) => ({ card: (await identityOf(name)).card, name });
  const acquaintance = async (name: string, found?: Awaited<ReturnType<typeof openCard>>) =>
    new Acquaintance((await identityOf(name)).card.fingerprint, {
      books,
      lookUp: async () => found,
      onjoined: () => undefined,
    });
  return { books, openBooks, own, proven, acquaintance, putForward: (by: number) => (now += by) };
}

describe('an invite that somebody comes in by', () => {
  it('is theirs from then on, also after the page was opened anew: nobody else comes in', async () => {
    const { books, openBooks, own, proven, acquaintance } = await setUp();
    const [bob, cat] = [await acquaintance('Bob'), await acquaintance('Cat')];
    expect([bob, cat].map((one) => one.reception(own.id)?.verdict)).toEqual(['welcome', 'welcome']);
    await bob.commit(await proven('Bob'), own.id);
    expect([bob, cat].map((one) => one.reception(own.id)?.verdict)).toEqual(['welcome', 'used']);
    expect((await openBooks()).invites.get(own.id)?.status).toEqual({ kind: 'used', by: bob.fingerprint });
    // Whose handshake was half done meanwhile.
    await expect(cat.commit(await proven('Cat'), own.id)).rejects.toThrow(LinkError);
    expect(books.contacts.all().map(({ name }) => name)).toEqual(['Bob']);
    await bob.commit(await proven('Bob'), own.id);
  });

  it.each<[string, (set: Awaited<ReturnType<typeof setUp>>) => unknown]>([
    ['expires', ({ putForward }) => putForward(30 * DAY)],
    [
      'is cancelled',
      ({ books, own }) => books.invites.update(own.id, (it) => ({ ...it, status: { kind: 'cancelled' } })),
    ],
  ])('and that %s while they shake hands lets them in no more', async (_, happens) => {
    const set = await setUp();
    const bob = await set.acquaintance('Bob');
    expect(bob.reception(set.own.id)?.verdict).toBe('welcome');
    await happens(set);
    await expect(bob.commit(await set.proven('Bob'), set.own.id)).rejects.toThrow(LinkError);
    expect(set.books.contacts.all()).toEqual([]);
  });
});

describe('a handshake that is over too late', () => {
  it('pins nobody whose conversation was deleted meanwhile, however they came', async () => {
    const { books, own, proven, acquaintance } = await setUp();
    const bob = await acquaintance('Bob');
    // As people who know each other, and as somebody whose invite is hidden since.
    await expect(bob.commit(await proven('Bob'), undefined)).rejects.toThrow(LinkError);
    await books.invites.update(own.id, (known) => ({ ...known, hidden: true }));
    await expect(bob.commit(await proven('Bob'), own.id)).rejects.toThrow(LinkError);
    expect(books.contacts.all()).toEqual([]);
  });

  it('changes nothing of somebody who was blocked meanwhile', async () => {
    const { books, own, proven, acquaintance } = await setUp();
    const bob = await acquaintance('Bob');
    await bob.commit(await proven('Bob'), own.id);
    const { id } = books.contacts.all()[0]!;
    await books.contacts.update(id, (known) => known && { ...known, blocked: true });
    await expect(bob.commit({ ...(await proven('Bob')), name: 'Rob' }, own.id)).rejects.toThrow(LinkError);
    expect(books.contacts.get(id)).toMatchObject({ name: 'Bob', blocked: true });
    expect(bob.target).toBeUndefined();
  });
});

describe('somebody known who comes by an invite', () => {
  it('does not use it up: it is for somebody else still', async () => {
    const { books, own, proven, acquaintance } = await setUp();
    const [bob, cat] = [await acquaintance('Bob'), await acquaintance('Cat')];
    await bob.commit(await proven('Bob'), own.id);
    const another = await ownInvite(createInvite(ORIGIN, own.invite.inviter, NOW), 'Ann');
    await books.invites.add(another);
    await bob.commit(await proven('Bob'), another.id);
    expect(cat.reception(another.id)?.verdict).toBe('welcome');
  });
});

describe('the maker of an invite whom one knew before', () => {
  /** Ann opens an invite of Bob's, whom she has pinned. */
  async function knownBefore() {
    const set = await setUp();
    const bob = await set.acquaintance('Bob');
    await bob.commit(await set.proven('Bob'), set.own.id);
    const { id } = set.books.contacts.all()[0]!;
    const { card } = await identityOf('Bob');
    const status = await invitedBy(createInvite(ORIGIN, card.fingerprint, NOW), { card });
    await set.books.contacts.update(id, (known) => known && { ...known, status });
    return { ...set, bob, id, card };
  }

  it('is called by it, and by what is known of them, also after a reload', async () => {
    const { bob, openBooks, id, card } = await knownBefore();
    expect(bob.target).toMatchObject({ kind: 'invite', card: { bytes: card.bytes } });
    expect((await openBooks()).contacts.get(id)?.status).toMatchObject({
      kind: 'invited',
      card: { bytes: card.bytes },
    });
  });

  it('is called as before once it is refused, or has expired', async () => {
    const refused = await knownBefore();
    await refused.bob.refuse('used');
    expect(refused.bob.target?.kind).toBe('pinned');
    const expired = await knownBefore();
    expired.putForward(30 * DAY);
    expect(expired.bob.target?.kind).toBe('pinned');
  });
});

describe('the card for a dial', () => {
  it('is the directory’s if that is newer than the known one, and else the known one', async () => {
    const { acquaintance } = await setUp();
    const known = (await identityOf('Bob')).card;
    const changed = async (sequence: number) => (await openCard(await cardOf('Bob', { sequence })))!;
    const [older, newer] = [await changed(known.sequence - 1), await changed(known.sequence + 1)];
    const other = (await openCard(await cardOf('Bob', { capabilities: 1 })))!;
    const chosen = async (found?: typeof known) => (await (await acquaintance('Bob', found)).newestCard(known)).bytes;
    expect(await chosen(newer)).toEqual(newer.bytes);
    for (const found of [older, other, undefined]) expect(await chosen(found)).toEqual(known.bytes);
  });
});
