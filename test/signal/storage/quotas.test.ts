/** How much may be kept, of whom, for whom and in all. */
import { describe, expect, test } from 'vitest';
import { MAX_PARCEL_BYTES } from '../../../signal/wire/limits.ts';
import { cheapIdentities } from '../cheap-identities.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, DAY, type Identity } from '../client.ts';
import { collect, deposit, invite, listSenders, makeBundle, stage } from './stage.ts';

const MEBIBYTE = 1024 * 1024;

/** Leaves parcels of nearly the largest size. @returns how many bytes were taken before the first refusal, and which. */
async function fill(client: Client, to: Identity): Promise<{ taken: number; answer: unknown }> {
  for (let taken = 0; ; taken += MAX_PARCEL_BYTES) {
    const answer = await deposit(client, to, randomBytes(MAX_PARCEL_BYTES)).catch(() => 'closed');
    if (answer !== 'done') return { taken, answer };
  }
}

/** Ann, and people who may leave parcels for her. */
async function annAnd(names: readonly string[], env: Record<string, string>) {
  const staged = await stage(['ann', ...names], env);
  const [ann, ...others] = staged.people as [Identity, ...Identity[]];
  const [anns, ...clients] = staged.clients as [Client, ...Client[]];
  await listSenders(anns, ...others);
  return { ...staged, ann, anns, others, clients };
}

describe('an inbox', () => {
  test('takes no more of one sender than MAILBOX_SENDER_MB, and of others as before (fault 27)', async () => {
    const { ann, anns, clients } = await annAnd(['eve', 'bob'], { MAILBOX_MB: '3', MAILBOX_SENDER_MB: '1' });
    const [eves, bobs] = clients as [Client, Client];
    const { taken, answer } = await fill(eves, ann);
    expect(answer).toBe('too-many');
    expect(taken).toBeLessThanOrEqual(MEBIBYTE);
    expect(taken).toBeGreaterThan(MEBIBYTE - MAX_PARCEL_BYTES);
    const parcel = randomBytes(MAX_PARCEL_BYTES);
    expect(await deposit(bobs, ann, parcel)).toBe('done');
    expect((await collect(anns, taken / MAX_PARCEL_BYTES)).parcels).toMatchObject([{ parcel }]);
    // What is taken makes room.
    expect(await anns.request({ type: 'taken', numbers: [1] })).toBe('done');
    expect(await deposit(eves, ann, randomBytes(MAX_PARCEL_BYTES))).toBe('done');
    expect(await deposit(eves, ann, randomBytes(MAX_PARCEL_BYTES))).toBe('too-many');
  });

  test('is full at MAILBOX_MB, and that of somebody else is not', async () => {
    const { ann, anns, others, clients } = await annAnd(['eve', 'bob'], { MAILBOX_MB: '1', MAILBOX_SENDER_MB: '2' });
    const [eve, bob] = others as [Identity, Identity];
    const [eves, bobs] = clients as [Client, Client];
    expect((await fill(eves, ann)).answer).toBe('full');
    expect(await deposit(bobs, ann, randomBytes(MAX_PARCEL_BYTES))).toBe('full');
    await listSenders(bobs, eve);
    expect(await deposit(eves, bob, randomBytes(MAX_PARCEL_BYTES))).toBe('done');
    expect(await anns.request({ type: 'taken', numbers: [1, 2] })).toBe('done');
    expect(await deposit(bobs, ann, randomBytes(MAX_PARCEL_BYTES))).toBe('done');
  });

  test('takes of all strangers who knock no more than of one sender, and of friends as before (fault 27)', async () => {
    const env = { MAILBOX_MB: '4', MAILBOX_SENDER_MB: '1' };
    const { origin, ann, anns, clients, clock } = await annAnd(['bob'], env);
    const strangers = await cheapIdentities(6);
    let taken = 0;
    const answers = new Set<unknown>();
    for (const stranger of strangers) {
      const client = await Client.enter(origin, stranger);
      const { ticket } = await invite(anns, clock.now + DAY);
      for (let i = 0; i < 4; i++) {
        const answer = await deposit(client, ann, randomBytes(MAX_PARCEL_BYTES), ticket);
        answers.add(answer);
        if (answer === 'done') taken += MAX_PARCEL_BYTES;
      }
      client.socket.close();
    }
    expect(answers).toEqual(new Set(['done', 'too-many']));
    expect(taken).toBeLessThanOrEqual(MEBIBYTE);
    expect(await deposit(clients[0]!, ann, randomBytes(MAX_PARCEL_BYTES))).toBe('done');
  });
});

describe('all that is kept', () => {
  test('stays below STORAGE_MB: what comes on top is refused as full, and what goes makes room', async () => {
    const { ann, anns, others, clients } = await annAnd(['bob'], { STORAGE_MB: '1' });
    const place = randomBytes(32);
    expect(await anns.request({ type: 'backup', id: place })).toBe('done');
    const { taken, answer } = await fill(clients[0]!, ann);
    expect(answer).toBe('full');
    expect(taken).toBeGreaterThan(0.75 * MEBIBYTE);
    expect(taken).toBeLessThanOrEqual(MEBIBYTE);
    await anns.request({ type: 'taken', numbers: [1, 2] });
    expect(await deposit(clients[0]!, ann, randomBytes(MAX_PARCEL_BYTES))).toBe('done');
    // The last bit of room goes to smaller things, until there is none.
    while ((await deposit(clients[0]!, ann, randomBytes(2000))) === 'done');
    while ((await deposit(clients[0]!, ann, randomBytes(1))) === 'done');
    expect(await anns.request({ type: 'publish', ...(await makeBundle(ann)) })).toBe('full');
    expect(await anns.request({ type: 'senders', add: [ann.fingerprint], remove: [] })).toBe('full');
    expect(await anns.request({ type: 'backup', id: ann.fingerprint })).toBe('full');
    // Whoever has a place goes on in it, and whoever takes something away is always heard.
    expect(await anns.request({ type: 'backup', id: place })).toBe('done');
    expect(await anns.request({ type: 'senders', add: [], remove: [others[0]!.fingerprint] })).toBe('done');
    expect(await anns.request({ type: 'taken', numbers: [3] })).toBe('done');
  });
});
