import { on } from 'svelte/events';
import { createSubscriber } from 'svelte/reactivity';

const changed = createSubscriber((update) => {
  const stops = [on(window, 'focus', update), on(window, 'blur', update), on(document, 'visibilitychange', update)];
  return () => stops.forEach((stop) => stop());
});

/** Whether someone is looking: the page is visible and has the focus. */
export const attention = {
  get current(): boolean {
    changed();
    return document.visibilityState === 'visible' && document.hasFocus();
  },
};
