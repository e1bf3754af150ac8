import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_BYTES_UNDER_WAY, Outbox } from '../../../app/core/chat/outbox.ts';
import { MAX_BATCH_MESSAGES, sizeOf, type Message } from '../../../app/core/log/batch.ts';
import { ANN, BOB, fresh, talkOf, wrote } from '../../parts/conversations.ts';

let messages: Message[];
let large: Message[];

beforeAll(async () => {
  const talk = await talkOf(ANN, BOB);
  ({ messages } = await wrote(fresh(), talk, ...Array.from({ length: 300 }, (_, index) => `${index + 1}`)));
  ({ messages: large } = await wrote(fresh(), talk, ...Array.from({ length: 60 }, () => 'x'.repeat(32 * 1024))));
});

const seqs = (some: readonly Message[]) => some.map(({ entry }) => entry.seq);

/** What is delivered when so many are. */
const upTo = (delivered: number) => (message: Message) => message.entry.seq <= delivered;
/** The highest number written to the open link. */
const sentUpTo = (outbox: Outbox) => seqs(messages.filter(({ entry }) => outbox.hasSent(entry))).at(-1) ?? 0;

/** Sends whatever it gives until it gives nothing. @returns the numbers of what was sent. */
function drain(outbox: Outbox): number[] {
  const sent: number[] = [];
  for (let batch = outbox.next(); batch.length > 0; batch = outbox.next()) {
    outbox.markSent(batch);
    sent.push(...seqs(batch));
  }
  return sent;
}

describe('an outbox', () => {
  it('gives each message once, in order, in batches', () => {
    const outbox = new Outbox(messages);
    expect(outbox.next().length).toBeLessThanOrEqual(MAX_BATCH_MESSAGES);
    expect(outbox.next()).toEqual(outbox.next());
    expect(drain(outbox)).toEqual(seqs(messages));
    expect(sentUpTo(outbox)).toBe(300);
    expect(outbox.next()).toEqual([]);
  });

  it('starts again from what was not acknowledged when the link is lost', () => {
    const outbox = new Outbox(messages);
    drain(outbox);
    outbox.acknowledge(upTo(120));
    expect(sentUpTo(outbox)).toBe(300);
    outbox.rewind();
    expect(sentUpTo(outbox)).toBe(0);
    expect(drain(outbox)).toEqual(seqs(messages.slice(120)));
  });

  it('takes an acknowledgement that comes late, for what a new link has not carried yet', () => {
    const outbox = new Outbox(messages.slice(0, 10));
    drain(outbox);
    outbox.rewind();
    outbox.acknowledge(upTo(7));
    expect(drain(outbox)).toEqual([8, 9, 10]);
    outbox.acknowledge(upTo(10));
    outbox.add(messages.slice(10, 12));
    expect(drain(outbox)).toEqual([11, 12]);
    outbox.acknowledge(upTo(12));
    expect(outbox.next()).toEqual([]);
  });

  it('lets about a mebibyte be under way, and the rest follow as it is acknowledged', () => {
    const outbox = new Outbox(large);
    const first = drain(outbox);
    const bytes = large.slice(0, first.length).reduce((sum, message) => sum + sizeOf(message), 0);
    expect(bytes).toBeGreaterThanOrEqual(MAX_BYTES_UNDER_WAY);
    expect(bytes - sizeOf(large[0]!)).toBeLessThan(MAX_BYTES_UNDER_WAY);
    expect(outbox.next()).toEqual([]);
    outbox.acknowledge(upTo(2));
    expect(drain(outbox)).toHaveLength(2);
    outbox.acknowledge(upTo(first.length + 2));
    expect(seqs(outbox.next())).toEqual([first.length + 3]);
  });

  it('sends as much on a new link as on the first, whatever was under way on the old one', () => {
    const outbox = new Outbox(large);
    const first = drain(outbox);
    outbox.acknowledge(upTo(5));
    outbox.rewind();
    expect(drain(outbox)).toHaveLength(first.length);
  });

  it('sends what is left of a former chain before the newest, and knows of each how far it is', async () => {
    const talk = await talkOf(ANN, BOB);
    const { messages: newest } = await wrote(fresh(), talk, 'x', 'y');
    const outbox = new Outbox([...messages.slice(3, 5), ...newest]);
    const all = outbox.next();
    expect(all).toEqual([...messages.slice(3, 5), ...newest]);
    outbox.markSent(all.slice(0, 3));
    const sent = [...messages.slice(0, 6), ...newest].map(({ entry }) => outbox.hasSent(entry));
    expect(sent).toEqual([true, true, true, true, true, false, true, false]);
    // Acknowledgements of the two chains come apart.
    outbox.acknowledge(({ entry }) => newest[0]!.entry === entry);
    expect(outbox.next()).toEqual([newest[1]]);
    outbox.acknowledge(({ entry }) => entry.chain === messages[0]!.entry.chain);
    outbox.rewind();
    expect(outbox.next()).toEqual([newest[1]]);
  });

  it('gives what is to be left on the server in batches, sent or not, and not what is there', () => {
    const outbox = new Outbox(messages);
    drain(outbox);
    const first = outbox.nextToLeave(() => false);
    const rest = outbox.nextToLeave((message) => first.includes(message));
    expect(rest.length).toBeGreaterThan(0);
    expect(seqs([...first, ...rest])).toEqual(seqs(messages));
    expect(outbox.nextToLeave(() => true)).toEqual([]);
  });
});
