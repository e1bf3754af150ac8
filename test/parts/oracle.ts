/**
 * The oracle of every delivery test: what was acknowledged is in the recipient's durable log; nothing is there twice;
 * each sender's order is kept, chain after chain; nothing is Delivered that is not durable at the other, nothing Read that
 * the other has not marked as read and may tell, nothing On the server that was not written. It reads nothing but the
 * records of two devices.
 */
import { expect } from 'vitest';
import { equal, toHex, type Bytes } from '../../signal/wire/bytes.ts';
import type { Store } from '../../app/core/base/store.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { hiddenName, openVault } from '../../app/core/identity/vault.ts';
import type { Message } from '../../app/core/log/batch.ts';
import { conversationOf } from '../../app/core/log/entry.ts';
import { decodeLogState, ownChains, type LogState } from '../../app/core/log/log-state.ts';
import { Log } from '../../app/core/log/log.ts';
import { memoryStore } from './memory-store.ts';
import type { Device } from './people.ts';

type Records = ReadonlyMap<string, Bytes>;

/** What a device keeps of its conversation with someone. */
interface Kept {
  readonly ours: readonly Message[];
  readonly theirs: readonly Message[];
  readonly state: LogState;
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
  return { ours: by(us), theirs: by(them), state: log.state };
}

/** The state record alone; `undefined` if nothing was kept yet. */
async function stateOf(side: Side): Promise<LogState | undefined> {
  const { store, name } = await openedLog(side);
  const record = await store.get(`log-state/${name}`);
  return record && decodeLogState(record);
}

const textsOf = (messages: readonly Message[]) => messages.map(({ content }) => content.text);
const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => toHex(id));

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
  async judge(written?: readonly [readonly string[], readonly string[]]): Promise<void> {
    const [atA, atB] = await this.kept();
    judgeDirection(atA, atB, written?.[0]);
    judgeDirection(atB, atA, written?.[1]);
    for (const moment of this.#moments) {
      const [thenA, thenB] = await this.#sides(moment);
      const [stateA, stateB] = [await stateOf(thenA), await stateOf(thenB)];
      judgeStates(stateA, stateB);
      judgeStates(stateB, stateA);
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

/**
 * Judges what one side believes of how far its messages came, chain by chain, by what the other has: it never believes too
 * much. (A recipient that was itself restored has less than it had: it is for the sender to judge then.)
 */
export function judgeStates(sender: LogState | undefined, recipient: LogState | undefined): void {
  for (const { chain, seq, delivered, read, left, missing } of sender ? ownChains(sender) : []) {
    const there = recipient?.theirs.find((known) => equal(known.chain, chain));
    expect(delivered, 'what is Delivered is durable there').toBeLessThanOrEqual(there?.seq ?? 0);
    expect(read, 'what is Read was marked as read there').toBeLessThanOrEqual(there?.read ?? 0);
    expect(read, 'what is Read is Delivered').toBeLessThanOrEqual(delivered);
    expect(delivered, 'what is Delivered was written').toBeLessThanOrEqual(seq);
    expect(left.seq, 'what is On the server was written').toBeLessThanOrEqual(seq);
    if (missing > 0) expect(seq + missing, 'what is missing here is there').toBeLessThanOrEqual(there?.seq ?? 0);
  }
}

/** Judges what went one way. @param written - the texts in order, where all of them must have arrived */
export function judgeDirection(sender: Kept, recipient: Kept, written: readonly string[] | undefined): void {
  for (const { chain, seq } of ownChains(sender.state)) {
    const seqs = sender.ours.filter(({ entry }) => equal(entry.chain, chain)).map(({ entry }) => entry.seq);
    expect(seqs, 'each chain counts up from 1').toEqual(Array.from({ length: seq }, (_, index) => index + 1));
  }
  const lost = new Set(ownChains(sender.state).flatMap(({ chain, missing }) => (missing > 0 ? [toHex(chain)] : [])));
  // Of a chain that a backup had in part, the recipient has more.
  const known = new Set(idsOf(sender.ours));
  const arrived = recipient.theirs.filter(({ id, entry }) => known.has(toHex(id)) || !lost.has(toHex(entry.chain)));
  // What arrived is the start of what was written: nothing is lost in between, doubled, reordered or made up.
  expect(idsOf(arrived)).toEqual(idsOf(sender.ours.slice(0, arrived.length)));
  expect(textsOf(arrived)).toEqual(textsOf(sender.ours.slice(0, arrived.length)));
  judgeStates(sender.state, recipient.state);
  if (!written) return;
  expect(textsOf(arrived)).toEqual(written);
  expect(ownChains(sender.state).reduce((sum, { delivered }) => sum + delivered, 0)).toBe(written.length);
}
