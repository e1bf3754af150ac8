import { on } from 'svelte/events';

/** All that the browser's history learns of an open conversation: that there is one. */
const OPEN = 'conversation';

/**
 * Lets the Back of a phone lead from a conversation to the list, as it does in every other app there, instead of out of
 * this one: an open conversation has an entry of its own in the browser's history.
 */
export class BackGesture {
  readonly #isOpen: () => boolean;
  readonly #close: () => void;
  /** We have gone back ourselves, and the browser has not arrived yet. */
  #leaving = false;

  /** @param close - closes the conversation. */
  constructor(isOpen: () => boolean, close: () => void) {
    this.#isOpen = isOpen;
    this.#close = close;
  }

  /** Listens to the gesture. @returns the way to stop. */
  watch(): () => void {
    return on(window, 'popstate', () => {
      if (this.#leaving) this.#leaving = false;
      else if (this.#isOpen() && history.state !== OPEN) this.#close();
      this.settle();
    });
  }

  /** Makes the entry fit the screen: an open conversation gets one, and one left over, as after a reload, is passed by. */
  settle(): void {
    if (this.#leaving) return;
    const marked = history.state === OPEN;
    if (this.#isOpen() && !marked && matchMedia('(max-width: 719px)').matches) history.pushState(OPEN, '');
    if (!this.#isOpen() && marked) {
      this.#leaving = true;
      history.back();
    }
  }
}
