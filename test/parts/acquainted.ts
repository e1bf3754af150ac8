/** Two people who may leave parcels for each other at a server that keeps them, and are away. */
import type { Chat } from '../../app/core/chat/chat.ts';
import { startServer } from '../signal/client.ts';
import { MailboxLiar } from './mailboxes.ts';
import { MemoryNetwork } from './memory-link.ts';
import { Oracle } from './oracle.ts';
import { meet, newDevice, openChat, signIn, type Device, type Place } from './people.ts';

/** Two devices that an oracle watches, and a server. @param env - how it is set */
export async function twoDevices(env: Record<string, string> = {}) {
  const server = await startServer(env);
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const oracle = new Oracle(anns, bobs);
  const network = new MemoryNetwork();
  const place: Place = { origin: server.origin, network, disk: oracle.disk };
  return { anns, bobs, network, oracle, place, server };
}

/** Ann and Bob know each other, may leave parcels for each other, and are away. @param env - how the server is set */
export async function acquainted(env: Record<string, string> = {}) {
  const { anns, bobs, oracle, place } = await twoDevices(env);
  const tap = new MailboxLiar();
  const { ann, bob } = await meet({ ...place, onsocket: tap.onsocket }, anns, bobs);
  // Each has published keys, and told that the other may leave something.
  await Promise.all([tap.hasAnswered('publish', 2), tap.hasAnswered('senders', 2)]);
  await Promise.all([ann.close(), bob.close()]);
  return { anns, bobs, annId: ann.fingerprint, bobId: bob.fingerprint, oracle, place, tap };
}

/** Opens somebody's profile and signs in. @param tap - what stands between the chat and the server */
export async function come(device: Device, place: Place, tap = new MailboxLiar()): Promise<Chat> {
  const chat = await openChat(device, { ...place, onsocket: tap.onsocket });
  await signIn(chat);
  return chat;
}
