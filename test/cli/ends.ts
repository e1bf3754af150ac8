/** How a command ends that was refused. */
import { expect } from 'vitest';
import type { Ended } from './program.ts';

/** Expects a number and one sentence, which holds none of these secrets. */
export function expectEnd({ code, out, err }: Ended, number: number, sentence: RegExp, ...secrets: string[]): void {
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toMatch(sentence);
  expect({ code, out }).toEqual({ code: number, out: '' });
  for (const secret of secrets) expect(err).not.toContain(secret);
}
