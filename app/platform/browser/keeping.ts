/** Whether the browser keeps what Sotto stores, or may delete it when space runs short. */
import type { Chat } from '../../core/chat/chat.ts';

/** Whether the browser has promised to keep it. */
export function isKept(): Promise<boolean> {
  return navigator.storage.persisted().catch(() => false);
}

/** Asks the browser to keep it; some ask the person. @returns whether it will */
export async function askToKeep(): Promise<boolean> {
  return (await isKept()) || navigator.storage.persist().catch(() => false);
}

/** Asks once there is something to lose: a first conversation. On a first visit nobody could say what for. */
export function askOnceUsed(chat: Chat): void {
  const look = () => {
    if (!chat.conversations.some(({ invited }) => !invited)) return;
    stop();
    void askToKeep();
  };
  const stop = chat.subscribe(look);
  queueMicrotask(look);
}
