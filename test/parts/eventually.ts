import { expect } from 'vitest';

/** Lets what was begun go on until something holds, for fifteen seconds of a real clock at most, whatever time the test has set. */
export async function eventually(holds: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setImmediate(resolve));
  expect(holds(), `waited in vain for: ${holds.toString()}`).toBe(true);
}
