/** Somebody who writes one message after the other, as fast as they are told to, by the page's own controls. */
import type { BrowserContext, Page } from 'playwright-core';

interface Typing {
  stopped: boolean;
  written: string[];
}

declare global {
  interface Window {
    typing?: Typing;
    /** Given by `watchScreen`. */
    shown?: (text: string) => void;
  }
}

/** Writes `NAME 1`, `NAME 2` and so on in the open conversation, until the page goes, or `stopTyping`. */
export function startTyping(page: Page, name: string, pause: number): Promise<void> {
  return page.evaluate(
    ([name, pause]) => {
      const typing: Typing = { stopped: false, written: [] };
      window.typing = typing;
      const type = () => {
        const box = document.querySelector('textarea');
        if (typing.stopped || !box) return;
        const text = `${name} ${typing.written.length + 1}`;
        box.value = text;
        box.dispatchEvent(new InputEvent('input', { bubbles: true }));
        box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
        typing.written.push(text);
        setTimeout(type, pause);
      };
      type();
    },
    [name, pause] as const,
  );
}

/** @returns all that was written, in order. */
export function stopTyping(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    window.typing!.stopped = true;
    return window.typing!.written;
  });
}

/** Notes every message that any page of this browser shows from now on, also one that dies at once. @returns the notes */
export async function watchScreen(context: BrowserContext): Promise<Set<string>> {
  const seen = new Set<string>();
  await context.exposeFunction('shown', (text: string) => void seen.add(text));
  await context.addInitScript(() => {
    const note = () => {
      for (const text of document.querySelectorAll('[role=log] article:not([data-noted])')) {
        text.setAttribute('data-noted', '');
        window.shown?.(text.querySelector('.text')?.textContent ?? '');
      }
    };
    new MutationObserver(note).observe(document, { childList: true, subtree: true });
  });
  return seen;
}
