/** People who chat through the real core and a real server, with memory for disk and network. */
import { WebSocket as NodeWebSocket } from 'ws';
import { onTestFinished } from 'vitest';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { Chat } from '../../app/core/chat/chat.ts';
import type { ConversationView, MessageView } from '../../app/core/chat/views.ts';
import { createIdentity, generateKeyPairs, openIdentity } from '../../app/core/identity/identity.ts';
import { parseInviteLink, type Invite } from '../../app/core/identity/invite.ts';
import { createVault, openVault, sealStore } from '../../app/core/identity/vault.ts';
import { memoryStore } from './memory-store.ts';
import type { MemoryNetwork } from './memory-link.ts';

/** A device: what survives closing the chat. */
export interface Device {
  readonly records: Map<string, Bytes>;
  readonly identity: Bytes;
}

/** Makes a device with a new identity. */
export async function newDevice(name: string): Promise<Device> {
  const records = new Map<string, Bytes>();
  const identity = await createIdentity(await generateKeyPairs(), name, Date.now());
  await createVault(memoryStore(records));
  return { records, identity };
}

export interface Place {
  readonly origin: string;
  readonly network: MemoryNetwork;
  readonly now?: () => number;
}

/** Opens the chat on a device; it closes after the test, if not before. */
export async function openChat(device: Device, { origin, network, now = Date.now }: Place): Promise<Chat> {
  const raw = memoryStore(device.records);
  const vault = await openVault(raw);
  if (!vault) throw new Error('the device has no vault');
  const chat = await Chat.open({
    identity: await openIdentity(device.identity),
    vault,
    store: sealStore(raw, vault),
    origin,
    openSocket: () => new NodeWebSocket(`${origin.replace('http', 'ws')}/signal`) as unknown as WebSocket,
    openLink: network.openLink,
    now,
  });
  onTestFinished(() => chat.close());
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
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
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
