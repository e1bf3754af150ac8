/** People who chat through the real core and a real server, with memory for disk and network. */
import { WebSocket as NodeWebSocket } from 'ws';
import { onTestFinished } from 'vitest';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { Chat } from '../../app/core/chat/chat.ts';
import { spoken, type ConversationView, type MessageView, type Sentence } from '../../app/core/chat/views.ts';
import type { Store } from '../../app/core/base/store.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { IDENTITY_PLACE } from '../../app/core/identity/identity-record.ts';
import { parseInviteLink, type Invite } from '../../app/core/identity/invite.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { createVault, openVault } from '../../app/core/identity/vault.ts';
import { DELIVERED } from './delivered.ts';
import { recordOf } from './identities.ts';
import { memoryStore } from './memory-store.ts';
import type { MemoryNetwork } from './memory-link.ts';

/** A device: what survives closing the chat. */
export interface Device {
  readonly records: Map<string, Bytes>;
  /** The record that it began with. */
  readonly identity: Bytes;
}

/** Makes an empty device for the identity of this name, the same one throughout a test file. */
export async function newDevice(name: string): Promise<Device> {
  const records = new Map<string, Bytes>();
  await createVault(memoryStore(records));
  return withIdentity({ records, identity: await recordOf(name) });
}

/** The device, with its identity's record among the others. */
async function withIdentity(device: Device): Promise<Device> {
  await (await storeOf(device)).write(new Map([[IDENTITY_PLACE, device.identity]]));
  return device;
}

/** A copy of a device that has this identity. */
export function deviceAs(device: Device, identity: Bytes): Promise<Device> {
  return withIdentity({ records: new Map(device.records), identity });
}

/** The records of a device, opened. */
export async function storeOf({ records }: Device): Promise<Store> {
  const raw = memoryStore(records);
  return sealStore(raw, (await openVault(raw))!);
}

export interface Place {
  readonly origin: string;
  readonly network: Pick<MemoryNetwork, 'openLink'>;
  readonly now?: () => number;
  /** Stands between the chat and its disk. */
  readonly disk?: (store: Store) => Store;
  /** Sees each socket to the server, and may speak on it. */
  readonly onsocket?: (socket: NodeWebSocket) => void;
}

/** Opens the chat on a device; it closes after the test, if not before. */
export async function openChat(device: Device, place: Place): Promise<Chat> {
  const { origin, network, now = Date.now, disk = (store) => store, onsocket = () => undefined } = place;
  const raw = disk(memoryStore(device.records));
  const vault = await openVault(raw);
  if (!vault) throw new Error('the device has no vault');
  const store = sealStore(raw, vault);
  const chat = await Chat.open({
    identity: await openIdentity((await store.get(IDENTITY_PLACE))!),
    vault,
    store,
    origin,
    openSocket: () => {
      const socket = new NodeWebSocket(`${origin.replace('http', 'ws')}/signal`);
      // In a browser, a connection that fails just closes.
      socket.on('error', () => undefined);
      onsocket(socket);
      return socket as unknown as WebSocket;
    },
    openLink: network.openLink,
    now,
  });
  // Not held on to, so that a test can see that nobody else does either.
  const opened = new WeakRef(chat);
  onTestFinished(() => opened.deref()?.close());
  return chat;
}

/** Resolves with the first value that is not undefined or false, asked after every change of the chat. */
export function until<T>(chat: Chat, ask: () => T | undefined | false, timeout = 15_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited in vain for: ${ask.toString()}`)), timeout);
    const check = () => {
      const value = ask();
      if (value === undefined || value === false) return;
      stop();
      clearTimeout(timer);
      resolve(value);
    };
    const stop = chat.subscribe(check);
    check();
  });
}

export function invite(link: string): Invite {
  const parsed = parseInviteLink(link);
  if ('problem' in parsed) throw new Error(onPage(parsed.problem));
  return parsed;
}

/** A sentence as a page says it; empty if there is none. */
export function onPage(sentence: Sentence | undefined): string {
  return sentence === undefined ? '' : spoken(sentence, 'page');
}

export function conversation(chat: Chat, id: string): ConversationView | undefined {
  return chat.conversations.find((one) => one.id === id);
}

/** Waits for an open link with someone. */
export function connected(chat: Chat, id: string): Promise<ConversationView> {
  return until(chat, () => {
    const view = conversation(chat, id);
    return view?.connection === 'direct' && view;
  });
}

/** Waits until the newest messages of a conversation satisfy a condition. */
export async function messages(
  chat: Chat,
  id: string,
  condition: (messages: readonly MessageView[]) => boolean,
): Promise<readonly MessageView[]> {
  const thread = await chat.thread(id);
  try {
    return await until(chat, () => condition(thread.messages) && thread.messages);
  } finally {
    thread.close();
  }
}

/** Two people who have met: their devices and open chats. */
export interface Met {
  readonly ann: Chat;
  readonly bob: Chat;
}

/** Opens both chats, connects them, and lets Bob in by an invite of Ann's. */
export async function meet(place: Place, anns: Device, bobs: Device): Promise<Met> {
  const [ann, bob] = await Promise.all([openChat(anns, place), openChat(bobs, place)]);
  await Promise.all([signIn(ann), signIn(bob)]);
  const { link } = await ann.createInvite();
  await bob.join(invite(link), 'Ann');
  await Promise.all([connected(ann, bob.fingerprint), connected(bob, ann.fingerprint)]);
  return { ann, bob };
}

/** Connects to the server, and waits until it has let us in. */
export async function signIn(chat: Chat): Promise<void> {
  chat.connect();
  await until(chat, () => chat.server === 'connected');
}

/** Waits until all that was written by `chat` to someone has been acknowledged: acknowledgements count up. */
export async function delivered(chat: Chat, id: string): Promise<void> {
  await messages(chat, id, (all) => DELIVERED.includes(all.findLast(({ mine }) => mine)?.state ?? ''));
}
