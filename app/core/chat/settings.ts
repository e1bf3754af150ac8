/**
 * What the person has chosen for a profile, one sealed record; without one, everything is as it is meant to begin.
 *
 *     record  version u8 = 1 | flags u8: 1 does not let others see what was read
 */
import { concat, u8, ByteReader, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';

const VERSION = 1;
const PLACE = 'settings/choices';
const HIDES_READ = 1;
const ALL_FLAGS = HIDES_READ;

/** What may be chosen. */
export interface Choices {
  /** Others are told what of theirs was read here. */
  readonly readReceipts: boolean;
}

function encode({ readReceipts }: Choices): Bytes {
  return concat(u8(VERSION), u8(readReceipts ? 0 : HIDES_READ));
}

/** @throws DamagedRecord */
function decode(record: Bytes): Choices {
  const reader = new ByteReader(record);
  const [version, flags] = [reader.u8(), reader.u8()];
  if (!reader.done() || version !== VERSION || (flags & ~ALL_FLAGS) !== 0) throw new DamagedRecord();
  return { readReceipts: (flags & HIDES_READ) === 0 };
}

export class Settings {
  /** Told after each change. */
  readonly changed = new Listeners();
  readonly #store: Store;
  readonly #turns = new Serial();
  #choices: Choices;

  private constructor(store: Store, choices: Choices) {
    this.#store = store;
    this.#choices = choices;
  }

  /** @throws DamagedRecord */
  static async open(store: Store): Promise<Settings> {
    const record = await store.get(PLACE);
    return new Settings(store, record ? decode(record) : { readReceipts: true });
  }

  /** As they are durable. */
  get choices(): Choices {
    return this.#choices;
  }

  /** Changes some of them; it takes effect once it is durable. @throws StorageError */
  change(some: Partial<Choices>): Promise<void> {
    return this.#turns.run(async () => {
      const choices = { ...this.#choices, ...some };
      await this.#store.write(new Map([[PLACE, encode(choices)]]));
      this.#choices = choices;
      this.changed.notify();
    });
  }

  /** Resolves once nothing is being changed. */
  settled(): Promise<void> {
    return this.#turns.settled();
  }
}
