/** Who may open a profile that is open now: the ways into its vault, and the change of its key that some changes bring. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import { Listeners } from '../../core/base/listeners.ts';
import type { Progress } from '../../core/base/progress.ts';
import type { Sentence } from '../../core/base/sentence.ts';
import { Serial } from '../../core/base/serial.ts';
import type { Store } from '../../core/base/store.ts';
import { sentenceOf } from '../../core/chat/trouble.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { addSlot, changeKey, openUp, type NewSlot } from '../../core/identity/protection.ts';
import type { SealedStore } from '../../core/identity/sealed-store.ts';
import type { Slot, Way } from '../../core/identity/slot.ts';
import { MAX_SLOTS, readSlots } from '../../core/identity/vault.ts';
import { readLabel, removeLabel, writeLabel } from './label.ts';
import { passphraseSlot } from './passphrase.ts';
import type { Stretch } from './stretch.ts';

/** One way into a vault. */
export interface WayIn {
  /** Of its slot. */
  readonly number: number;
  readonly kind: Way['kind'];
}

/** What the protection of a profile works on. */
export interface ProtectionParts {
  /** The name that stands on the profile once it is protected, as it is now. */
  readonly name: () => string;
  /** The profile's records, as they are on the disk. */
  readonly raw: Store;
  /** The same, unsealed. */
  readonly store: SealedStore;
  /** How many records there are. */
  readonly count: () => Promise<number>;
  /** Told what the recovery code holds once there is a new one, or nothing once there is none. */
  readonly onrecovery: (secret: Bytes | undefined) => Promise<void>;
  readonly stretch: Stretch;
}

export class Protection {
  readonly #parts: ProtectionParts;
  readonly #listeners = new Listeners();
  readonly #turns = new Serial();
  #ways: readonly WayIn[];
  #progress: Progress | undefined;
  #trouble: Sentence | undefined;

  /** @param ways - as they stand in the records: see `open`. */
  constructor(parts: ProtectionParts, ways: readonly WayIn[]) {
    this.#parts = parts;
    this.#ways = ways;
  }

  /** Looks who may open the profile, and goes on with a change of its key that was broken off. @throws DamagedRecord */
  static async open<P extends Protection>(
    this: new (parts: ProtectionParts, ways: readonly WayIn[]) => P,
    parts: ProtectionParts,
  ): Promise<P> {
    const protection = new this(parts, await waysOf(parts.raw));
    await protection.relabel();
    void protection.sealAgain();
    return protection;
  }

  /** Lets the name on a protected profile be the one it has now. @throws StorageError */
  async relabel(): Promise<void> {
    const { raw, name } = this.#parts;
    if (this.isProtected && (await readLabel(raw)) !== name()) await writeLabel(raw, name());
  }

  /** The ways in; none where the key lies open beside the records. */
  get ways(): readonly WayIn[] {
    return this.#ways;
  }

  get isProtected(): boolean {
    return this.#ways.length > 0;
  }

  /** How far the sealing under a new key is, while it goes on. */
  get progress(): Progress | undefined {
    return this.#progress;
  }

  /** Why the sealing has stopped, in a sentence. */
  get trouble(): Sentence | undefined {
    return this.#trouble;
  }

  /** Calls back after any of the above has changed. @returns the way to stop. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Whether a way may go: one is left that needs no passkey, as passkeys get lost with their device. */
  mayRemove(number: number): boolean {
    return this.#ways.some((way) => way.number !== number && (way.kind === 'passphrase' || way.kind === 'recovery'));
  }

  /** Protects an open profile, or changes the passphrase of a protected one. The key changes. @throws ChatError */
  async setPassphrase(passphrase: string): Promise<void> {
    await this.replace(await passphraseSlot(passphrase, this.#parts.stretch), ['passphrase']);
  }

  /**
   * Takes all ways away: the profile opens by itself then, and a recovery code opens its backups alone. The key changes.
   * @throws ChatError
   */
  async unprotect(): Promise<void> {
    const { raw, store } = this.#parts;
    await this.#change(async () => {
      if (!this.isProtected) return;
      await store.alter((vault) => openUp(raw, vault));
      await removeLabel(raw);
      void this.sealAgain();
    });
  }

  /** Makes a recovery code, which opens nothing until it is set. */
  async newRecoveryCode(): Promise<string> {
    return (await import('./recovery-code.ts')).newRecoveryCode();
  }

  /** Adds a recovery code; one that is there already is replaced, which changes the key. @throws ChatError */
  async setRecoveryCode(code: string): Promise<void> {
    const { recoverySlot } = await import('./recovery-code.ts');
    const slot = recoverySlot(code);
    const change = this.#change(() => {
      const replaces = this.#ways.some(({ kind }) => kind === 'recovery');
      return replaces ? this.#replace(slot, ['recovery']) : this.#add(slot);
    });
    // There is one code: it opens the backups, too.
    await change.then(() => this.#parts.onrecovery(slot.secret)).finally(() => wipe(slot.secret));
  }

  /** Adds a way to a protected profile; nothing is sealed again. The slot's secret is overwritten. @throws ChatError */
  async add(slot: NewSlot): Promise<void> {
    await this.#change(() => this.#add(slot)).finally(() => wipe(slot.secret));
  }

  /** Takes a way away. The key changes, so that it opens nothing any more. @throws ChatError */
  async remove(number: number): Promise<void> {
    const removed = this.#ways.find((way) => way.number === number);
    await this.#change(async () => {
      if (!this.mayRemove(number))
        throw new ChatError('Keep a passphrase or a recovery code: a passkey alone may get lost.');
      const kept = this.#ways.filter((way) => way.number !== number);
      await this.#newKey(kept, []);
    });
    if (removed?.kind === 'recovery') await this.#parts.onrecovery(undefined);
  }

  /** Seals what is still sealed under the key before. What stops it is told as `trouble`; it may be called again. */
  sealAgain(): Promise<void> {
    return this.#turns.run(() => this.#seal()).catch(() => undefined);
  }

  /** Replaces the ways of these kinds by a new one. The key changes; the slot's secret is overwritten. @throws ChatError */
  async replace(slot: NewSlot, replaced: readonly Way['kind'][]): Promise<void> {
    await this.#change(() => this.#replace(slot, replaced)).finally(() => wipe(slot.secret));
  }

  /** The ways in, as they are on the disk. @throws DamagedRecord */
  async slots(): Promise<Slot[]> {
    return [...(await readSlots(this.#parts.raw)).values()];
  }

  async #replace(slot: NewSlot, replaced: readonly Way['kind'][]): Promise<void> {
    await writeLabel(this.#parts.raw, this.#parts.name());
    await this.#newKey(
      this.#ways.filter(({ kind }) => !replaced.includes(kind)),
      [slot],
    );
  }

  async #add(slot: NewSlot): Promise<void> {
    const { raw, store } = this.#parts;
    if (!this.isProtected) throw new ChatError('Protect this profile with a passphrase first.');
    if (this.#ways.length === MAX_SLOTS) throw new ChatError('This profile has eight ways in. Remove one first.');
    await store.alter(async (vault) => {
      await addSlot(raw, vault, slot);
      return vault;
    });
  }

  async #newKey(kept: readonly WayIn[], added: readonly NewSlot[]): Promise<void> {
    const { raw, store } = this.#parts;
    const numbers = new Set(kept.map(({ number }) => number));
    await store.alter((vault) => changeKey(raw, vault, numbers, added));
    void this.sealAgain();
  }

  /** One change after the other, each once all is sealed under the newest key. */
  #change(task: () => Promise<void>): Promise<void> {
    return this.#turns.run(async () => {
      await this.#seal();
      await task();
      this.#ways = await waysOf(this.#parts.raw);
      this.#listeners.notify();
    });
  }

  async #seal(): Promise<void> {
    const { store, count } = this.#parts;
    if (!store.isUnfinished) return;
    try {
      const total = await count();
      this.#report({ done: 0, total });
      await store.sealAgain((done) => this.#report({ done: Math.min(done, total), total }));
      this.#report(undefined);
    } catch (error) {
      this.#report(undefined, sentenceOf(error));
      throw error;
    }
  }

  #report(progress: Progress | undefined, trouble?: Sentence): void {
    this.#progress = progress;
    this.#trouble = trouble;
    this.#listeners.notify();
  }
}

async function waysOf(raw: Store): Promise<readonly WayIn[]> {
  return [...(await readSlots(raw))]
    .map(([number, { way }]) => ({ number, kind: way.kind }))
    .sort((a, b) => a.number - b.number);
}
