/** Once, before the tests of the project: makes the keys that they draw from. */
import type { TestProject } from 'vitest/node';
import { makeReadyKeys, type ReadyKey } from './ready-keys.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readyKeys: readonly ReadyKey[];
  }
}

/** Two for each of as many people as most of the files know. */
const KEY_PAIRS = 16;

export async function setup(project: TestProject): Promise<void> {
  project.provide('readyKeys', await makeReadyKeys(KEY_PAIRS));
}
