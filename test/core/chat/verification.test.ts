/** Comparing keys with people we know, and people who bear the name of another. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../../app/core/base/errors.ts';
import { Serial } from '../../../app/core/base/serial.ts';
import type { Store } from '../../../app/core/base/store.ts';
import { Contacts, invitedBy, newContact } from '../../../app/core/chat/contacts.ts';
import { CODE_SENTENCES } from '../../../app/core/chat/trouble.ts';
import { Verification } from '../../../app/core/chat/verification.ts';
import { createInvite } from '../../../app/core/identity/invite.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import { encodeCode } from '../../../app/core/session/safety-code.ts';
import { identityOf, NOW } from '../../parts/identities.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const ORIGIN = 'https://a.example';

beforeAll(async () => {
  for (const name of ['Ann', 'Bob', 'Cat', 'Eve']) await identityOf(name);
});

/** Ann's contacts, by their names; each has keys of a name of its own, and is pinned. */
async function annKnows(people: Readonly<Record<string, string>>) {
  const records = new Map<string, Bytes>();
  const memory = memoryStore(records);
  await createVault(memory);
  const vault = (await openVault(memory))!;
  let full = false;
  const store: Store = {
    ...memory,
    write: async (changes) => {
      if (full) throw new Error('no room');
      await memory.write(changes);
    },
  };
  const open = () => Contacts.open(store, vault, new Serial(), ORIGIN);
  const contacts = await open();
  const ids: Record<string, string> = {};
  for (const [keys, name] of Object.entries(people)) {
    const { card } = await identityOf(keys);
    const contact = newContact(card.fingerprint, NOW);
    ids[keys] = contact.id;
    await contacts.update(contact.id, () => ({ ...contact, name, status: { kind: 'pinned', card } }));
  }
  const us = (await identityOf('Ann')).card;
  let changes = 0;
  const verification = new Verification(us, contacts, () => changes++);
  const fill = () => (full = true);
  return { us, ids, contacts, open, verification, fill, changes: () => changes };
}

describe('the number to compare', () => {
  it('is the same for both, and another with everyone', async () => {
    const anns = await annKnows({ Bob: 'Bob', Eve: 'Eve' });
    const ann = (await identityOf('Ann')).card;
    const bobs = new Verification((await identityOf('Bob')).card, await contactsOf('Ann'), () => undefined);
    const annsView = await anns.verification.safetyNumber(anns.ids['Bob']!);
    const bobsView = await bobs.safetyNumber(newContact(ann.fingerprint, NOW).id);
    expect(annsView.digits).toMatch(/^\d{60}$/);
    expect(bobsView.digits).toBe(annsView.digits);
    expect((await anns.verification.safetyNumber(anns.ids['Eve']!)).digits).not.toBe(annsView.digits);
  });

  it('is none as long as there is no key of the other', async () => {
    const { contacts, verification } = await annKnows({});
    const { fingerprint } = (await identityOf('Bob')).card;
    const status = await invitedBy(createInvite(ORIGIN, fingerprint, NOW));
    const contact = { ...newContact(fingerprint, NOW), name: 'Bob', status };
    await contacts.update(contact.id, () => contact);
    await expect(verification.safetyNumber(contact.id)).rejects.toThrow(ChatError);
    await expect(verification.mark(contact.id, true)).rejects.toThrow(ChatError);
    expect(contacts.get(contact.id)?.verified).toBe(false);
  });
});

async function contactsOf(name: string): Promise<Contacts> {
  const { contacts } = await annKnows({ [name]: name });
  return contacts;
}

describe('verified', () => {
  it('is durable before it is shown, and can be taken back', async () => {
    const { ids, contacts, open, verification, changes } = await annKnows({ Bob: 'Bob' });
    await verification.mark(ids['Bob']!, true);
    expect([contacts, await open()].map((book) => book.get(ids['Bob']!)?.verified)).toEqual([true, true]);
    expect(changes()).toBe(1);
    await verification.mark(ids['Bob']!, false);
    expect([contacts, await open()].map((book) => book.get(ids['Bob']!)?.verified)).toEqual([false, false]);
  });

  it('is not shown if it could not be kept', async () => {
    const { ids, contacts, verification, fill, changes } = await annKnows({ Bob: 'Bob' });
    fill();
    await expect(verification.mark(ids['Bob']!, true)).rejects.toThrow('no room');
    expect([contacts.get(ids['Bob']!)?.verified, changes()]).toEqual([false, 0]);
  });

  it('is whoever shows the right code', async () => {
    const { us, ids, contacts, verification } = await annKnows({ Bob: 'Bob' });
    const bob = (await identityOf('Bob')).card;
    expect(await verification.scan(ids['Bob']!, encodeCode(bob.fingerprint, us.fingerprint))).toBeUndefined();
    expect(contacts.get(ids['Bob']!)?.verified).toBe(true);
  });

  it('is nobody by another code: a sentence says whose it is', async () => {
    const { us, ids, contacts, verification } = await annKnows({ Bob: 'Bob' });
    const [bob, eve] = [(await identityOf('Bob')).card.fingerprint, (await identityOf('Eve')).card.fingerprint];
    const right = encodeCode(bob, us.fingerprint);
    const said = [];
    for (const code of [
      encodeCode(eve, us.fingerprint),
      encodeCode(bob, eve),
      encodeCode(us.fingerprint, bob),
      right.replace(':A', ':B'),
      right.slice(0, -1),
    ]) {
      said.push(await verification.scan(ids['Bob']!, code));
    }
    expect(said).toEqual(
      (['another-person', 'for-another', 'own', 'other-version', 'no-code'] as const).map((at) => CODE_SENTENCES[at]),
    );
    expect(new Set(said).size).toBe(5);
    expect(contacts.get(ids['Bob']!)?.verified).toBe(false);
  });
});

describe('two people of one name', () => {
  it('are both shown as unproven, and can be written to, as long as neither is verified', async () => {
    const { ids, verification } = await annKnows({ Bob: 'Bob', Eve: 'Bob', Cat: 'Cat' });
    const namesakes = verification.namesakes();
    expect([...namesakes.keys()].sort()).toEqual([ids['Bob'], ids['Eve']].sort());
    expect(namesakes.get(ids['Eve']!)).toMatchObject({ held: false });
    expect(namesakes.get(ids['Eve']!)?.sentence).toContain('You know another Bob, with another key');
    for (const id of Object.values(ids)) verification.checkMayWrite(id);
  });

  it('are not the same: nothing goes to the other once one is verified, until both are', async () => {
    const { ids, verification } = await annKnows({ Bob: 'Bob', Eve: 'Bob', Cat: 'Cat' });
    await verification.mark(ids['Bob']!, true);
    expect(() => verification.checkMayWrite(ids['Eve']!)).toThrow(ChatError);
    expect(() => verification.checkMayWrite(ids['Eve']!)).toThrow('press “Verify”');
    verification.checkMayWrite(ids['Bob']!);
    verification.checkMayWrite(ids['Cat']!);
    expect([...verification.namesakes().keys()]).toEqual([ids['Eve']]);

    await verification.mark(ids['Eve']!, true);
    verification.checkMayWrite(ids['Eve']!);
    expect(verification.namesakes().size).toBe(0);
    await verification.mark(ids['Bob']!, false);
    expect(() => verification.checkMayWrite(ids['Bob']!)).toThrow(ChatError);
  });

  it('are those, too, who take the name later', async () => {
    const { ids, contacts, verification } = await annKnows({ Eve: 'Eve', Bob: 'Bob' });
    await verification.mark(ids['Bob']!, true);
    verification.checkMayWrite(ids['Eve']!);
    await contacts.update(ids['Eve']!, (known) => known && { ...known, name: 'ＢＯＢ' });
    expect(() => verification.checkMayWrite(ids['Eve']!)).toThrow(ChatError);
  });
});
