/**
 * The oracle of every delivery test: what was acknowledged is in the recipient's durable log; nothing is there twice;
 * each sender's order is kept; nothing is Delivered that is not durable at the other. It reads nothing but the records
 * of two devices.
 */
import { expect } from 'vitest';
import { equal, toHex, type Bytes } from '../../signal/wire/bytes.ts';
import type { Store } from '../../app/core/base/store.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { hiddenName, openVault } from '../../app/core/identity/vault.ts';
import type { Message } from '../../app/core/log/batch.ts';
import { conversationOf } from '../../app/core/log/entry.ts';
import { decodeLogState } from '../../app/core/log/log-state.ts';
import { Log } from '../../app/core/log/log.ts';
import { memoryStore } from './memory-store.ts';
import type { Device } from './people.ts';

type Records = ReadonlyMap<string, Bytes>;

/** What a device keeps of its conversation with someone. */
interface Kept {
  readonly ours: readonly Message[];
  readonly theirs: readonly Message[];
  /** How many of ours it calls Delivered. */
  readonly delivered: number;
}

/** One side: where its records are, and who reads them. */
interface Side {
  readonly records: Records;
  readonly us: Bytes;
  readonly them: Bytes;
}

async function openedLog({ records, us, them }: Side): Promise<{ store: Store; name: string; id: Bytes }> {
  const raw = memoryStore(new Map(records));
  const vault = (await openVault(raw))!;
  const id = await conversationOf(us, them);
  return { store: sealStore(raw, vault), name: await hiddenName(vault, id), id };
}

async function keptBy(side: Side): Promise<Kept> {
  const { store, name, id } = await openedLog(side);
  return keptIn(await Log.open(store, name, { id, us: side.us, them: side.them }));
}

/** What a log keeps. */
export async function keptIn(log: Log): Promise<Kept> {
  const pages = await log.page(Number.MAX_SAFE_INTEGER);
  const all = pages.reverse().flatMap(({ messages }) => messages);
  const by = (author: Bytes) => all.filter(({ entry }) => equal(entry.author, author));
  const { us, them } = log.conversation;
  return { ours: by(us), theirs: by(them), delivered: log.state.delivered };
}

/** How much of ours is called Delivered, and how much of theirs is durable, by the state record alone. */
async function countsOf(side: Side): Promise<{ delivered: number; received: number }> {
  const { store, name } = await openedLog(side);
  const record = await store.get(`log-state/${name}`);
  const state = record && decodeLogState(record);
  return { delivered: state?.delivered ?? 0, received: state?.theirs.at(-1)?.seq ?? 0 };
}

const textsOf = (messages: readonly Message[]) => messages.map(({ content }) => content.text);
const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => toHex(id));

/** The texts that each of two people has written, in order. */
export type Written = readonly [readonly string[], readonly string[]];

/** Watches two devices: the disks of both chats are to be passed through `disk`. */
export class Oracle {
  readonly #devices: readonly [Device, Device];
  readonly #moments: (readonly [Records, Records])[] = [];

  constructor(one: Device, other: Device) {
    this.#devices = [one, other];
  }

  /** Keeps what both devices have, after each write of either. */
  readonly disk = (store: Store): Store => ({
    ...store,
    write: async (changes) => {
      await store.write(changes);
      const [one, other] = this.#devices;
      this.#moments.push([new Map(one.records), new Map(other.records)]);
    },
  });

  /** How many writes it has seen. */
  get writes(): number {
    return this.#moments.length;
  }

  /** What the two devices keep of their conversation now. */
  async kept(): Promise<[Kept, Kept]> {
    const [a, b] = await this.#sides(this.#devices.map(({ records }) => records));
    return [await keptBy(a), await keptBy(b)];
  }

  /**
   * Judges what is on the devices now, and every moment before.
   * @param written the texts that each of the two has written, in order, where all of them must have arrived; without
   *   it, some may still be on their way.
   */
  async judge(written?: Written): Promise<void> {
    const [atA, atB] = await this.kept();
    judgeDirection(atA, atB, written?.[0]);
    judgeDirection(atB, atA, written?.[1]);
    for (const moment of this.#moments) {
      const [thenA, thenB] = await this.#sides(moment);
      const [countsA, countsB] = [await countsOf(thenA), await countsOf(thenB)];
      expect(countsA.delivered).toBeLessThanOrEqual(countsB.received);
      expect(countsB.delivered).toBeLessThanOrEqual(countsA.received);
    }
  }

  async #sides(records: readonly Records[]): Promise<[Side, Side]> {
    const cards = await Promise.all(this.#devices.map(({ identity }) => openIdentity(identity)));
    const [one, other] = cards.map(({ card }) => card.fingerprint) as [Bytes, Bytes];
    return [
      { records: records[0]!, us: one, them: other },
      { records: records[1]!, us: other, them: one },
    ];
  }
}

/** Judges what went one way. @param written - the texts in order, where all of them must have arrived */
export function judgeDirection(sender: Kept, recipient: Kept, written: readonly string[] | undefined): void {
  expect(sender.ours.map(({ entry }) => entry.seq)).toEqual(sender.ours.map((_, index) => index + 1));
  // What arrived is the start of what was written: nothing is lost in between, doubled, reordered or made up.
  expect(idsOf(recipient.theirs)).toEqual(idsOf(sender.ours.slice(0, recipient.theirs.length)));
  expect(textsOf(recipient.theirs)).toEqual(textsOf(sender.ours.slice(0, recipient.theirs.length)));
  expect(sender.delivered).toBeLessThanOrEqual(recipient.theirs.length);
  if (!written) return;
  expect(textsOf(recipient.theirs)).toEqual(written);
  expect(sender.delivered).toBe(written.length);
}

/** Judges what is on two devices now. @param written - as of `Oracle.judge` */
export function judgeDevices(one: Device, other: Device, written?: Written): Promise<void> {
  return new Oracle(one, other).judge(written);
}
