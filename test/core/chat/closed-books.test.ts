import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { Serial } from '../../../app/core/base/serial.ts';
import { Contacts, invitedBy, newContact } from '../../../app/core/chat/contacts.ts';
import { InviteBook, ownInvite } from '../../../app/core/chat/invite-book.ts';
import { createInvite, type InviteKeys } from '../../../app/core/identity/invite.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault } from '../../../app/core/identity/vault.ts';
import { memoryStore } from '../../parts/memory-store.ts';

const ORIGIN = 'https://sotto.example';
const ZEROS = new Uint8Array(32);

/** What of an invite's keys nobody else may have; its id is public. */
const secretsOf = ({ ticket, signalKey, psk, noteKey }: InviteKeys): Bytes[] => [ticket, signalKey, psk, noteKey];

async function profile() {
  const raw = memoryStore();
  const vault = await createVault(raw);
  return { store: sealStore(raw, vault), vault, turns: new Serial(), inviter: randomBytes(32) };
}

describe('a book that was closed', () => {
  it('of invites holds no secret of any', async () => {
    const { store, vault, turns, inviter } = await profile();
    const book = await InviteBook.open(store, vault, turns, { origin: ORIGIN, inviter, now: 0 });
    const own = await ownInvite(createInvite(ORIGIN, inviter, 0), 'Ann');
    await book.add(own);
    book.close();
    for (const secret of [own.invite.secret, ...secretsOf(own.keys)]) expect(secret).toEqual(ZEROS);
    expect(book.get(own.id)).toBeUndefined();
  });

  it('of contacts holds no secret of the invites that we took up', async () => {
    const { store, vault, turns, inviter } = await profile();
    const contacts = await Contacts.open(store, vault, turns, ORIGIN);
    const status = await invitedBy(createInvite(ORIGIN, inviter, 0));
    if (status.kind !== 'invited') throw new Error('not invited');
    const contact = { ...newContact(inviter, 0), name: 'Ann', status };
    await contacts.update(contact.id, () => contact);
    contacts.close();
    for (const secret of [status.invite.secret, ...secretsOf(status.keys)]) expect(secret).toEqual(ZEROS);
    expect(contacts.all()).toEqual([]);
  });
});
