/** An open link between a real end and a hostile peer, with the clock in the test's hand; and what comes of it. */
import { vi } from 'vitest';
import { ConversationLink } from '../../app/core/chat/conversation-link.ts';
import { HostilePeer, listenTo } from './hostile-peer.ts';
import { identityOf } from './identities.ts';
import { MemoryNetwork } from './memory-link.ts';
import { openLinks } from './open-links.ts';

/**
 * Ann has dialled Bob, and one of the two is hostile from now on.
 * @param hostile - the role of that one
 * @param disk - what the other waits for before a fresh handshake is kept
 */
export async function hostileLink(
  hostile: 'initiator' | 'responder',
  disk: () => Promise<void> = () => Promise.resolve(),
) {
  vi.useRealTimers();
  let [commits, keep] = [0, () => Promise.resolve()];
  const network = new MemoryNetwork();
  const { initiator, responder } = await openLinks('Ann', 'Bob', network, () => (commits++, keep()));
  [commits, keep] = [0, disk];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const [theirs, ours] = hostile === 'initiator' ? [initiator, responder] : [responder, initiator];
  const eve = await HostilePeer.from(hostile === 'initiator' ? ann : bob, theirs, network.carried);
  const link = new ConversationLink(ours);
  return { eve, link, ...listenTo(link), commits: () => commits, session: ours.session };
}
