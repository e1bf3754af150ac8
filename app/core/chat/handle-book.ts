/**
 * The handles we remember, one sealed record each: our own, and those looked up, with the keys they have led to. So a
 * handle that leads to another key one day says so.
 *
 *     record  version u8 = 1 | flags u8 (1 ours, 2 change seen) | looked u64 | LP(handle)
 *             | count u8 | fingerprint 32 each, the newest last
 */
import {
  ByteReader,
  concat,
  fromHex,
  fromUtf8,
  lp,
  toHex,
  u64,
  u8,
  utf8,
  type Bytes,
} from '../../../signal/wire/bytes.ts';
import { isHandle } from '../../../signal/wire/handle.ts';
import { FINGERPRINT_BYTES, MAX_HANDLE_LENGTH } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import type { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';

const VERSION = 1;
const PREFIX = 'handle/';
const [OURS, SEEN] = [1, 2];
/** Of more handles, the ones not looked up for longest are forgotten. */
export const MAX_HANDLES = 200;
/** Keys remembered of one handle; of more, the newest. */
export const MAX_HANDLE_KEYS = 8;

export interface KnownHandle {
  readonly handle: string;
  /** We have claimed it. */
  readonly ours: boolean;
  /** The person knows that it has led to another key before. */
  readonly changeSeen: boolean;
  /** When it was last looked up, unix ms. */
  readonly looked: number;
  /** The keys it has led to, as fingerprints in hexadecimal, the newest last. */
  readonly keys: readonly string[];
}

function encode({ handle, ours, changeSeen, looked, keys }: KnownHandle): Bytes {
  const flags = (ours ? OURS : 0) | (changeSeen ? SEEN : 0);
  const start = concat(u8(VERSION), u8(flags), u64(looked), lp(utf8(handle)));
  return concat(start, u8(keys.length), ...keys.map((key) => fromHex(key)!));
}

function decode(record: Bytes): KnownHandle {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const flags = reader.u8();
  const looked = reader.u64();
  const handle = fromUtf8(reader.lp(MAX_HANDLE_LENGTH)) ?? '';
  const count = Math.min(reader.u8(), MAX_HANDLE_KEYS);
  const keys = Array.from({ length: count }, () => toHex(reader.take(FINGERPRINT_BYTES)));
  const wellFormed = reader.done() && version === VERSION && flags <= (OURS | SEEN) && isHandle(handle);
  if (!wellFormed) throw new DamagedRecord();
  return { handle, ours: (flags & OURS) !== 0, changeSeen: (flags & SEEN) !== 0, looked, keys };
}

/** The book of handles. Every change is durable before it is visible, and they are made one at a time. */
export class HandleBook {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #turns: Serial;
  readonly #known: Map<string, KnownHandle>;
  #moved: ReadonlyMap<string, string> = new Map();

  private constructor(store: Store, vault: Vault, turns: Serial, known: readonly KnownHandle[]) {
    this.#store = store;
    this.#vault = vault;
    this.#turns = turns;
    this.#known = new Map(known.map((one) => [one.handle, one]));
    this.#moved = this.#findMoved();
  }

  /** @param turns - shared with whatever else changes records. @throws DamagedRecord */
  static async open(store: Store, vault: Vault, turns: Serial): Promise<HandleBook> {
    const records = await store.list(PREFIX, MAX_HANDLES + 1);
    return new HandleBook(
      store,
      vault,
      turns,
      records.map(([, record]) => decode(record)),
    );
  }

  get(handle: string): KnownHandle | undefined {
    return this.#known.get(handle);
  }

  /** Those not looked up for longest come first. */
  all(): KnownHandle[] {
    return [...this.#known.values()].sort((a, b) => a.looked - b.looked);
  }

  get own(): string | undefined {
    return this.all().find(({ ours }) => ours)?.handle;
  }

  /** Handles that have moved on to another key, and the person has not said that they know, by each key they led to. */
  get moved(): ReadonlyMap<string, string> {
    return this.#moved;
  }

  /** Changes what is known of a handle, from what it is when its turn comes. @param change - `undefined` forgets it */
  update(handle: string, change: (known: KnownHandle | undefined) => KnownHandle | undefined): Promise<void> {
    return this.#turns.run(async () => {
      const next = change(this.#known.get(handle));
      const forgotten = next ? this.#beyond(next) : handle;
      const changes = new Map<string, Bytes | undefined>();
      if (forgotten !== undefined) changes.set(await this.#place(forgotten), undefined);
      if (next) changes.set(await this.#place(handle), encode(next));
      await this.#store.write(changes);
      if (forgotten !== undefined) this.#known.delete(forgotten);
      if (next) this.#known.set(handle, next);
      this.#moved = this.#findMoved();
    });
  }

  #findMoved(): ReadonlyMap<string, string> {
    const moved = this.all().filter(({ ours, changeSeen }) => !ours && !changeSeen);
    return new Map(moved.flatMap(({ handle, keys }) => keys.slice(0, -1).map((key) => [key, handle] as const)));
  }

  async #place(handle: string): Promise<string> {
    return PREFIX + (await hiddenName(this.#vault, utf8(handle)));
  }

  /** Which one must go to make room; our own stays. */
  #beyond(next: KnownHandle): string | undefined {
    if (this.#known.has(next.handle) || this.#known.size < MAX_HANDLES) return undefined;
    return this.all().find(({ ours }) => !ours)?.handle;
  }
}
