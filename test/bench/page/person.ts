/**
 * A person who chats by the real core, on this browser's IndexedDB and WebRTC and our server, without the interface. It
 * notes when things happen by wrapping the ports that the core is given, and the platform's verification, so the core itself
 * is the one that people use.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { Chat } from '../../../app/core/chat/chat.ts';
import { parseInviteLink } from '../../../app/core/chat/preview.ts';
import { spoken, type ConversationView } from '../../../app/core/chat/views.ts';
import { createIdentity, generateKeyPairs, openIdentity, type Identity } from '../../../app/core/identity/identity.ts';
import { IDENTITY_PLACE } from '../../../app/core/identity/identity-record.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import type { OpenLink } from '../../../app/core/transport/link.ts';
import { openIdbStore } from '../../../app/platform/browser/idb-store.ts';
import { openPeerLink } from '../../../app/platform/webrtc/peer-link.ts';
import { now } from './clock.ts';
import { texts } from './texts.ts';

const DATABASE = 'bench';

let me: Identity;
let chat: Chat;
/** When the newest dial began, its channel was open, and something was next verified. */
let dialled = 0;
let opened = 0;
let onverified: (time: number) => void = () => undefined;
let verified: Promise<number>;
let unreadThen = 0;

/** Notes when a signature was verified, which is the last step of opening an envelope. */
const verify = crypto.subtle.verify.bind(crypto.subtle);
Object.defineProperty(crypto.subtle, 'verify', {
  value: async (...parameters: Parameters<typeof verify>) => {
    const isGood = await verify(...parameters);
    onverified(now());
    return isGood;
  },
});

const watchedLink: OpenLink = (options) => {
  dialled = now();
  const link = openPeerLink(options);
  void link.opened.then(
    () => (opened = now()),
    () => undefined,
  );
  return link;
};

/** Opens the chat, away from the server. @param record - of a new identity. */
async function open(record?: Bytes): Promise<void> {
  const raw = await openIdbStore(DATABASE, 'own');
  const vault = (await openVault(raw)) ?? (await createVault(raw));
  const { origin } = location;
  const store = sealStore(raw, vault);
  if (record) await store.write(new Map([[IDENTITY_PLACE, record]]));
  chat = await Chat.open({
    identity: me,
    vault,
    store,
    origin,
    openSocket: () => new WebSocket(`${origin.replace(/^http/, 'ws')}/signal`),
    openLink: watchedLink,
    now: () => Date.now(),
  });
}

/** Resolves with the time at which this is first so, asked after every change of the chat. */
function until(condition: () => boolean): Promise<number> {
  return new Promise((resolve) => {
    const check = () => {
      if (!condition()) return;
      stop();
      resolve(now());
    };
    const stop = chat.subscribe(check);
    check();
  });
}

/** The one person they talk to. */
function conversation(): ConversationView | undefined {
  return chat.conversations[0];
}

export const person = {
  async start(name: string): Promise<void> {
    const record = await createIdentity(await generateKeyPairs(), name, Date.now());
    me = await openIdentity(record);
    await open(record);
    chat.connect();
    await until(() => chat.server === 'connected');
  },

  identity: (): Identity => me,

  invite: async (): Promise<string> => (await chat.createInvite()).link,

  async join(link: string): Promise<void> {
    const invite = parseInviteLink(link);
    if ('problem' in invite) throw new Error(spoken(invite.problem, 'page'));
    await chat.join(invite);
  },

  /** When the two had a session. */
  connected: (): Promise<number> => until(() => conversation()?.connection === 'direct'),
  disconnected: (): Promise<number> => until(() => conversation()?.connection !== 'direct'),

  /** Leaves, as by closing the page. */
  leave: (): Promise<void> => chat.close(),
  /** Comes back, as by opening it again. */
  async comeBack(): Promise<void> {
    await open();
    chat.connect();
  },
  /** Comes back where there is no network, and writes so many texts there, all durable. */
  async writeAway(count: number): Promise<void> {
    await open();
    unreadThen = conversation()!.unread;
    await Promise.all(texts(count).map((text) => chat.send(conversation()!.id, text)));
  },
  /**
   * Comes back where there is a network. @returns when so many texts of the other were durable here, and ours were known to be
   * durable there
   */
  async returnTo(count: number): Promise<number> {
    const thread = await chat.thread(conversation()!.id);
    chat.connect();
    await until(() => conversation()!.unread >= unreadThen + count);
    const end = await until(() => thread.messages.findLast(({ mine }) => mine)?.state === 'Delivered');
    thread.close();
    return end;
  },
  /** When the channel of the newest dial was asked for, and when it was open. */
  channel: (): { dialled: number; opened: number } => ({ dialled, opened }),

  /** Sends texts, all at once. @returns when it began. */
  send(count: number): number {
    const [them, all] = [conversation()!.id, texts(count)];
    const begin = now();
    for (const text of all) void chat.send(them, text);
    return begin;
  },

  /** From now on what comes is waited for. */
  expect(): void {
    unreadThen = conversation()!.unread;
    verified = new Promise((resolve) => (onverified = resolve));
  },

  /** When so many texts were durable. */
  durable: (count: number): Promise<number> => until(() => conversation()!.unread >= unreadThen + count),
  /** When the next message was opened and verified. */
  verified: (): Promise<number> => verified,

  /** Waits until all that was sent has been acknowledged. */
  async delivered(): Promise<void> {
    const thread = await chat.thread(conversation()!.id);
    await until(() => thread.messages.at(-1)?.state === 'Delivered');
    thread.close();
  },
};
