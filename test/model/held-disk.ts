/** A disk on which no write is durable before it is chosen to be; until then its device may die, and die just after it. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { StorageError } from '../../app/core/base/errors.ts';
import type { Changes, Store } from '../../app/core/base/store.ts';
import { memoryStore } from '../parts/memory-store.ts';

interface Write {
  readonly changes: Changes;
  readonly done: () => void;
  readonly failed: (reason: Error) => void;
}

export class HeldDisk {
  readonly store: Store;
  readonly #durable: Store;
  #pending: Write[] = [];
  #dead = false;

  /** @param records - what is durable; they outlive the disk. */
  constructor(records: Map<string, Bytes>) {
    this.#durable = memoryStore(records);
    this.store = { ...this.#durable, write: (changes) => this.#write(changes) };
  }

  /** Whether a write waits to become durable. */
  get isWriting(): boolean {
    return this.#pending.length > 0;
  }

  /** The oldest write becomes durable, and its writer hears so. */
  async commit(): Promise<void> {
    const write = this.#pending.shift()!;
    await this.#durable.write(write.changes);
    write.done();
  }

  /**
   * The device dies. @param when - before anything of the oldest write is durable, or after all of it is, though its
   * writer never hears so
   */
  async die(when: 'before' | 'after'): Promise<void> {
    this.#dead = true;
    const [first] = this.#pending;
    if (first && when === 'after') await this.#durable.write(first.changes);
    for (const { failed } of this.#pending.splice(0)) failed(new StorageError('failed'));
  }

  #write(changes: Changes): Promise<void> {
    if (this.#dead) return Promise.reject(new StorageError('failed'));
    return new Promise((done, failed) => this.#pending.push({ changes, done, failed }));
  }
}
