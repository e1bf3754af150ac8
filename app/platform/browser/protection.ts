/** Who may open a profile of a browser: passkeys, too, by themselves or together with the passphrase. */
import { ChatError } from '../../core/base/errors.ts';
import type { NewSlot } from '../../core/identity/protection.ts';
import type { Way } from '../../core/identity/slot.ts';
import { passphraseSlot } from '../profile/passphrase.ts';
import { Protection } from '../profile/protection.ts';
import { bothSlot, bothSlotAgain, forgetPasskeys, newPasskeySlot } from './passkey-slot.ts';
import { stretch } from './stretch.ts';

export class BrowserProtection extends Protection {
  /** Whether it takes passphrase and passkey together. */
  get needsBoth(): boolean {
    return this.ways.some(({ kind }) => kind === 'passphrase and passkey');
  }

  override async setPassphrase(passphrase: string): Promise<void> {
    if (!this.needsBoth) return super.setPassphrase(passphrase);
    await this.replace(await bothSlotAgain(await this.slots(), passphrase), ['passphrase and passkey']);
  }

  /** Makes a passkey and adds it as a way in by itself. @throws ChatError */
  async addPasskey(): Promise<void> {
    if (!this.isProtected || this.needsBoth) {
      throw new ChatError('A passkey goes beside a passphrase that is enough by itself. Set one first.');
    }
    const before = await this.slots();
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
    await this.replace(await bothSlot(await this.slots(), passphrase), ['passphrase', 'passkey']);
  }

  /** From now on this passphrase is enough, whatever it took before. The key changes. @throws ChatError */
  async requirePassphraseAlone(passphrase: string): Promise<void> {
    await this.replace(await passphraseSlot(passphrase, stretch), ['passphrase', 'passphrase and passkey']);
  }

  override async replace(slot: NewSlot, replaced: readonly Way['kind'][]): Promise<void> {
    await this.#forgetting(() => super.replace(slot, replaced));
  }

  override async remove(number: number): Promise<void> {
    await this.#forgetting(() => super.remove(number));
  }

  /** The keepers of passkeys that a change takes away hear of it. */
  async #forgetting(change: () => Promise<void>): Promise<void> {
    const before = await this.slots();
    await change();
    void forgetPasskeys(before, await this.slots());
  }
}
