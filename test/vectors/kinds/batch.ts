/** Batches of Ann's two messages: with an acknowledgement, without one, and an acknowledgement alone. */
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
  readonly acknowledgement: BatchVector;
}

async function batchesOf(people: People): Promise<Readonly<Record<keyof Batches, Batch>>> {
  const { first, second } = await writtenBy(people);
  const messages = [first, second];
  const acknowledgement = second.entry.acknowledged;
  return {
    both: { messages, acknowledgement },
    texts: { messages, acknowledgements: [] },
    acknowledgement: { messages: [], acknowledgement },
  };
}

function encoded(batch: Batch): BatchVector {
  const { entries, rest } = encodeBatch(batch);
  return { entries: toHex(entries), rest: toHex(rest) };
}

async function encodedBatches(people: People): Promise<Batches> {
  const { both, texts, acknowledgement } = await batchesOf(people);
  return { both: encoded(both), texts: encoded(texts), acknowledgement: encoded(acknowledgement) };
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
      promise: 'batches decode to the messages and the acknowledgement that were put in',
      async holds({ vector, ...people }) {
        const batches = await batchesOf(people);
        for (const which of ['both', 'texts', 'acknowledgement'] as const) {
          const { entries, rest } = vector[which];
          same(await decodeBatch({ entries: hex(entries), rest: hex(rest) }), batches[which], which);
        }
      },
    },
  ],
};
