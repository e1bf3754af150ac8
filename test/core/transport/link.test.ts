/** The Link port's contract, for the links in memory that the scenarios run on. */
import { describe, it } from 'vitest';
import { linkContract } from '../../contracts/link.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';

describe('a link in memory', () => {
  for (const { promise, holds } of linkContract) it(promise, () => holds(new MemoryNetwork().openLink));
});
