/** What is asked of the platform's cryptography, in order: the method and the algorithm. */
import { vi } from 'vitest';
import { SUBTLE_METHODS } from './subtle.ts';

/** Where each method takes its algorithm. */
const ALGORITHM_AT: Partial<Record<(typeof SUBTLE_METHODS)[number], number>> = {
  importKey: 2,
  unwrapKey: 3,
  wrapKey: 3,
};

function nameOf(algorithm: unknown): string {
  const name = typeof algorithm === 'object' ? (algorithm as { name: string }).name : algorithm;
  return typeof name === 'string' ? name : '';
}

/** Runs something. @returns what came of it, and every operation that it attempted. */
export async function operationsOf<T>(act: () => Promise<T>): Promise<{ result: T; operations: string[] }> {
  const operations: string[] = [];
  const spies = SUBTLE_METHODS.map((method) => {
    const subtle = crypto.subtle as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = subtle[method]!.bind(crypto.subtle);
    return vi.spyOn(subtle, method).mockImplementation((...args) => {
      operations.push(`${method} ${nameOf(args[method === 'exportKey' ? 0 : (ALGORITHM_AT[method] ?? 0)])}`);
      return original(...args);
    });
  });
  try {
    return { result: await act(), operations };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
