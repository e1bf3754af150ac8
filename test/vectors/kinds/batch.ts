/** Batches of Ann's two messages: with acknowledgements, without any, and acknowledgements alone. */
import { toHex } from '../../../signal/wire/bytes.ts';
import { decodeBatch, encodeBatch, type Batch } from '../../../app/core/log/batch.ts';
import { same } from '../../contracts/check.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';
import { writtenBy } from './entry.ts';

interface BatchVector {
  readonly entries: string;
  readonly rest: string;
}

interface Batches {
  readonly both: BatchVector;
  readonly texts: BatchVector;
  readonly acknowledgements: BatchVector;
}

async function batchesOf(people: People): Promise<Readonly<Record<keyof Batches, Batch>>> {
  const { first, second } = await writtenBy(people);
  const messages = [first, second];
  const known = second.entry.head!;
  const other = { ...known, chain: new Uint8Array(known.chain).fill(0x77), read: 0 };
  const acknowledgements = [other, { ...known, read: known.seq }];
  return {
    both: { messages, acknowledgements },
    texts: { messages, acknowledgements: [] },
    acknowledgements: { messages: [], acknowledgements },
  };
}

function encoded(batch: Batch): BatchVector {
  const { entries, rest } = encodeBatch(batch);
  return { entries: toHex(entries), rest: toHex(rest) };
}

async function encodedBatches(people: People): Promise<Batches> {
  const { both, texts, acknowledgements } = await batchesOf(people);
  return { both: encoded(both), texts: encoded(texts), acknowledgements: encoded(acknowledgements) };
}

export const batch: Kind<Batches> = {
  make: encodedBatches,
  promises: [
    {
      promise: 'batches are encoded to the same bytes',
      async holds({ vector, ...people }) {
        same(await encodedBatches(people), vector, 'the batches');
      },
    },
    {
      promise: 'batches decode to the messages and the acknowledgements that were put in',
      async holds({ vector, ...people }) {
        const batches = await batchesOf(people);
        for (const which of ['both', 'texts', 'acknowledgements'] as const) {
          const { entries, rest } = vector[which];
          same(await decodeBatch({ entries: hex(entries), rest: hex(rest) }), batches[which], which);
        }
      },
    },
  ],
};
