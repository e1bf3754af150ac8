import { on } from 'svelte/events';

/** The last resort: what nobody caught is told to the person instead of leaving a dead page. */
class Trouble {
  #current = $state(false);

  /** Whether something failed that the interface did not expect. */
  get current(): boolean {
    return this.#current;
  }

  /** Tells the person; the browser's console keeps the cause. */
  report(): void {
    this.#current = true;
  }

  /** Hides it again. */
  dismiss(): void {
    this.#current = false;
  }

  /** Catches what nobody caught. @returns the way to stop. */
  watch(): () => void {
    const stops = [
      on(window, 'unhandledrejection', () => this.report()),
      // Resource errors and "ResizeObserver loop" warnings come without an error, and break nothing.
      on(window, 'error', (event) => {
        if (event.error) this.report();
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }
}

export const trouble = new Trouble();
