import { tick } from 'svelte';

/** Puts the cursor into the first field of a form that is marked as wrong, if one is. */
export async function focusInvalid(form: EventTarget | null): Promise<void> {
  await tick();
  if (form instanceof HTMLFormElement) form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
