/** Who may open a profile that is open now: the ways into its vault, and the change of its key that some changes bring. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import { Listeners } from '../../core/base/listeners.ts';
import type { Progress } from '../../core/base/progress.ts';
import { Serial } from '../../core/base/serial.ts';
import type { Store } from '../../core/base/store.ts';
import { sentenceOf } from '../../core/chat/trouble.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { addSlot, changeKey, type NewSlot } from '../../core/identity/protection.ts';
import type { SealedStore } from '../../core/identity/sealed-store.ts';
import type { Slot, Way } from '../../core/identity/slot.ts';
import { MAX_SLOTS, readSlots } from '../../core/identity/vault.ts';
import { readLabel, writeLabel } from './label.ts';
import { bothSlot, bothSlotAgain, forgetPasskeys, newPasskeySlot } from './passkey-slot.ts';
import { passphraseSlot } from './passphrase.ts';

/** One way into a vault. */
export interface WayIn {
  /** Of its slot. */
  readonly number: number;
  readonly kind: Way['kind'];
}

/** What the protection of a profile works on. */
interface ProtectionParts {
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
}

export class Protection {
  readonly #parts: ProtectionParts;
  readonly #listeners = new Listeners();
  readonly #turns = new Serial();
  #ways: readonly WayIn[];
  #progress: Progress | undefined;
  #trouble: string | undefined;

  private constructor(parts: ProtectionParts, ways: readonly WayIn[]) {
    this.#parts = parts;
    this.#ways = ways;
  }

  /** Looks who may open a profile, and goes on with a change of its key that was broken off. @throws DamagedRecord */
  static async open(parts: ProtectionParts): Promise<Protection> {
    const protection = new Protection(parts, await waysOf(parts.raw));
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

  /** Whether it takes passphrase and passkey together. */
  get needsBoth(): boolean {
    return this.#ways.some(({ kind }) => kind === 'passphrase and passkey');
  }

  /** How far the sealing under a new key is, while it goes on. */
  get progress(): Progress | undefined {
    return this.#progress;
  }

  /** Why the sealing has stopped, in a sentence. */
  get trouble(): string | undefined {
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
    if (!this.needsBoth) return this.#changeKey(await passphraseSlot(passphrase), ['passphrase']);
    await this.#changeKey(await bothSlotAgain(await this.#slots(), passphrase), ['passphrase and passkey']);
  }

  /** Makes a passkey and adds it as a way in by itself. @throws ChatError */
  async addPasskey(): Promise<void> {
    if (!this.isProtected || this.needsBoth) {
      throw new ChatError('A passkey goes beside a passphrase that is enough by itself. Set one first.');
    }
    const before = await this.#slots();
    const slot = await newPasskeySlot(before);
    try {
      await this.add(slot);
    } catch (error) {
      await forgetPasskeys([slot], before);
      throw error;
    }
  }

  /** From now on it takes passphrase and passkey together; a recovery code stays. The key changes. @throws ChatError */
  async requireBoth(passphrase: string): Promise<void> {
    await this.#changeKey(await bothSlot(await this.#slots(), passphrase), ['passphrase', 'passkey']);
  }

  /** From now on this passphrase is enough, whatever it took before. The key changes. @throws ChatError */
  async requirePassphraseAlone(passphrase: string): Promise<void> {
    await this.#changeKey(await passphraseSlot(passphrase), ['passphrase', 'passphrase and passkey']);
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

  /** Replaces the slots of these kinds by a new one. */
  async #changeKey(slot: NewSlot, replaced: readonly Way['kind'][]): Promise<void> {
    await this.#change(() => this.#replace(slot, replaced)).finally(() => wipe(slot.secret));
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
    const before = await this.#slots();
    await store.alter((vault) => changeKey(raw, vault, numbers, added));
    void this.sealAgain();
    void forgetPasskeys(before, await this.#slots());
  }

  async #slots(): Promise<Slot[]> {
    return [...(await readSlots(this.#parts.raw)).values()];
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

  #report(progress: Progress | undefined, trouble?: string): void {
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
