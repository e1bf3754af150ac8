/** What becomes of an invite: it lets one person in, once, while its maker stands by it. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../app/core/base/store.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { INVITE_LIFETIME } from '../../app/core/identity/invite.ts';
import { startServer } from '../signal/client.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  meet,
  newDevice,
  onPage,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';

/** A place to meet, with a clock that can be put forward for one person. */
async function setUp() {
  const { origin } = await startServer();
  let ahead = 0;
  const place = { origin, network: new MemoryNetwork() };
  const annsPlace = { ...place, now: () => Date.now() + ahead };
  return { place, annsPlace, putAnnsClockForward: (by: number) => (ahead = by) };
}

const notices = (chat: Chat) => chat.notices.map(({ text }) => onPage(text)).join('\n');

describe('an invite', () => {
  it('of one’s own is not joined', async () => {
    const { place } = await setUp();
    const ann = await openChat(await newDevice('Ann'), place);
    await signIn(ann);
    const { link } = await ann.createInvite();
    await expect(ann.join(invite(link))).rejects.toThrow(/your own invite/);
    expect(ann.conversations).toEqual([]);
    expect(ann.invites).toHaveLength(1);
  });

  it('of another server is not joined here', async () => {
    const { place } = await setUp();
    const bob = await openChat(await newDevice('Bob'), place);
    const ann = await openChat(await newDevice('Ann'), place);
    await signIn(ann);
    const { link } = await ann.createInvite();
    const elsewhere = { ...invite(link), origin: 'https://elsewhere.example' };
    await expect(bob.join(elsewhere)).rejects.toThrow(/belongs to/);
    expect(bob.conversations).toEqual([]);
  });

  it('from somebody known already is not spent: the conversation just opens', async () => {
    const { place } = await setUp();
    const { ann, bob } = await meet(place, await newDevice('Ann'), await newDevice('Bob'));
    const { id, link } = await ann.createInvite();
    expect(await bob.join(invite(link))).toBe(ann.fingerprint);
    await bob.send(ann.fingerprint, 'hello again');
    await delivered(bob, ann.fingerprint);
    expect(ann.invites.map((one) => one.id)).toEqual([id]);
    expect(conversation(bob, ann.fingerprint)?.invited).toBe(false);
  });

  it('used twice lets the first in; the second reads that it was used, and its maker hears of it (fault 21)', async () => {
    const { place } = await setUp();
    const annsDevice = await newDevice('Ann');
    const first = await openChat(annsDevice, place);
    await signIn(first);
    const { link } = await first.createInvite();
    await first.close();
    // Both take it up while its maker is away, so both call as soon as she is back.
    const [bob, cat] = [await openChat(await newDevice('Bob'), place), await openChat(await newDevice('Cat'), place)];
    await Promise.all([signIn(bob), signIn(cat)]);
    await Promise.all([bob.join(invite(link), 'Ann'), cat.join(invite(link), 'Ann')]);
    const ann = await openChat(annsDevice, place);
    await signIn(ann);
    const annId = ann.fingerprint;
    await until(ann, () => ann.conversations.length > 0);
    const [winner, loser] = ann.conversations[0]?.id === bob.fingerprint ? [bob, cat] : [cat, bob];
    await connected(winner, annId);
    await until(loser, () => onPage(conversation(loser, annId)?.trouble).includes('has been used'));
    await until(ann, () => ann.notices.length > 0);
    expect(notices(ann)).toContain('had been used already');
    expect(ann.conversations.map(({ id }) => id)).toEqual([winner.fingerprint]);
    expect(conversation(loser, annId)?.invited).toBe(true);
    expect(ann.invites).toEqual([]);
  });

  it('lets in one of two who come at the very same moment, even on a slow disk', async () => {
    const { place } = await setUp();
    // The first write that spends the invite waits for a second one, which must not come.
    let waiting: (() => void) | undefined;
    const slow = (store: Store): Store => ({
      ...store,
      write: async (changes) => {
        const spends = [...changes.keys()].some((key) => key.startsWith('invite/')) && changes.size > 1;
        if (spends && waiting) waiting();
        else if (spends) {
          await new Promise<void>((resolve) => {
            waiting = resolve;
            setTimeout(resolve, 1_000);
          });
        }
        await store.write(changes);
      },
    });
    const annsDevice = await newDevice('Ann');
    const ann = await openChat(annsDevice, { ...place, disk: slow });
    await signIn(ann);
    const { link } = await ann.createInvite();
    const [bob, cat] = [await openChat(await newDevice('Bob'), place), await openChat(await newDevice('Cat'), place)];
    await Promise.all([signIn(bob), signIn(cat)]);
    await Promise.all([bob.join(invite(link), 'Ann'), cat.join(invite(link), 'Ann')]);
    await until(ann, () => ann.conversations.length > 0);
    const [winner, loser] = ann.conversations[0]?.id === bob.fingerprint ? [bob, cat] : [cat, bob];
    await connected(winner, ann.fingerprint);
    await winner.send(ann.fingerprint, 'hello');
    await delivered(winner, ann.fingerprint);
    await loser.close();
    expect(ann.conversations.map(({ id }) => id)).toEqual([winner.fingerprint]);
  });

  it('that has expired by its maker’s clock lets nobody in, and its maker hears of it (fault 21)', async () => {
    const { place, annsPlace, putAnnsClockForward } = await setUp();
    const ann = await openChat(await newDevice('Ann'), annsPlace);
    const bob = await openChat(await newDevice('Bob'), place);
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    putAnnsClockForward(INVITE_LIFETIME + 1000);
    expect(ann.invites).toEqual([]);
    await bob.join(invite(link), 'Ann');
    await until(bob, () => onPage(conversation(bob, ann.fingerprint)?.trouble).includes('has expired'));
    await until(ann, () => ann.notices.length > 0);
    expect(notices(ann)).toContain('had expired');
    expect(ann.conversations).toEqual([]);
  });

  it('is good to its last moment by its maker’s clock', async () => {
    const { place, annsPlace, putAnnsClockForward } = await setUp();
    const ann = await openChat(await newDevice('Ann'), annsPlace);
    const bob = await openChat(await newDevice('Bob'), place);
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    putAnnsClockForward(INVITE_LIFETIME - 15_000);
    await bob.join(invite(link), 'Ann');
    await connected(bob, ann.fingerprint);
  });

  it('that was cancelled lets nobody in', async () => {
    const { place } = await setUp();
    const [annsDevice, bobsDevice] = [await newDevice('Ann'), await newDevice('Bob')];
    const ann = await openChat(annsDevice, place);
    await signIn(ann);
    const { id, link } = await ann.createInvite();
    await ann.cancelInvite(id);
    expect(ann.invites).toEqual([]);
    const bob = await openChat(bobsDevice, place);
    await signIn(bob);
    await bob.join(invite(link), 'Ann');
    await until(bob, () => conversation(bob, ann.fingerprint)?.trouble !== undefined);
    expect(ann.conversations).toEqual([]);
    expect(conversation(bob, ann.fingerprint)?.connection).not.toBe('direct');
  });

  it('that was turned down does not keep a second one from working', async () => {
    const { place, annsPlace, putAnnsClockForward } = await setUp();
    const [annsDevice, bobsDevice] = [await newDevice('Ann'), await newDevice('Bob')];
    const ann = await openChat(annsDevice, annsPlace);
    const bob = await openChat(bobsDevice, place);
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    putAnnsClockForward(INVITE_LIFETIME + 1000);
    await bob.join(invite(link), 'Ann');
    await until(bob, () => onPage(conversation(bob, ann.fingerprint)?.trouble).includes('has expired'));
    putAnnsClockForward(0);
    const second = await ann.createInvite();
    await bob.join(invite(second.link), 'Ann');
    await connected(bob, ann.fingerprint);
    expect(conversation(bob, ann.fingerprint)?.trouble).toBeUndefined();
    expect(ann.conversations).toHaveLength(1);
  });

  it('is still waited for after the joiner came back, and keeps what was written meanwhile', async () => {
    const { place } = await setUp();
    const [annsDevice, bobsDevice] = [await newDevice('Ann'), await newDevice('Bob')];
    const ann = await openChat(annsDevice, place);
    await signIn(ann);
    const { link } = await ann.createInvite();
    await ann.close();
    const bob = await openChat(bobsDevice, place);
    await signIn(bob);
    const annId = await bob.join(invite(link), 'Ann');
    await bob.send(annId, 'hello?');
    await bob.close();
    const [annAgain, bobAgain] = [await openChat(annsDevice, place), await openChat(bobsDevice, place)];
    await Promise.all([signIn(annAgain), signIn(bobAgain)]);
    await delivered(bobAgain, annId);
    expect(conversation(annAgain, bobAgain.fingerprint)?.preview).toBe('hello?');
  });

  it('made by each for the other, and taken up at once, leads to one conversation', async () => {
    const { place } = await setUp();
    const [ann, bob] = [await openChat(await newDevice('Ann'), place), await openChat(await newDevice('Bob'), place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const [anns, bobs] = [await ann.createInvite(), await bob.createInvite()];
    await Promise.all([ann.join(invite(bobs.link), 'Bob'), bob.join(invite(anns.link), 'Ann')]);
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
    await Promise.all([ann.send(bob.fingerprint, 'hello'), bob.send(ann.fingerprint, 'hi')]);
    await Promise.all([delivered(ann, bob.fingerprint), delivered(bob, ann.fingerprint)]);
    expect([ann.conversations.length, bob.conversations.length]).toEqual([1, 1]);
  });

  it('brings the maker’s own name, not the one it was joined under', async () => {
    const { place } = await setUp();
    const ann = await openChat(await newDevice('Ann'), place);
    const bob = await openChat(await newDevice('Bob'), place);
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    await bob.join(invite(link));
    expect(conversation(bob, ann.fingerprint)?.name).toBe(`Someone ${ann.fingerprint.slice(0, 4)}`);
    await connected(bob, ann.fingerprint);
    expect(conversation(bob, ann.fingerprint)?.name).toBe('Ann');
  });
});
