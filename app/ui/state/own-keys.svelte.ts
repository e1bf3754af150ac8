import type { KeyFile } from '../../platform/profile/key-file.ts';
import type { Parts } from '../parts.ts';
import { Attempt } from './attempt.svelte.ts';

/** Whether a new profile starts with a key of the person's own, and the file that they have chosen. */
export class OwnKeys {
  /** Reading what was chosen. */
  readonly choosing = new Attempt();
  password = $state('');
  readonly #readKeyFile: Parts['readKeyFile'];
  #wanted = $state(false);
  #refused = $state(false);
  #chosen: File | undefined;
  #file = $state.raw<KeyFile>();

  constructor(readKeyFile: Parts['readKeyFile']) {
    this.#readKeyFile = readKeyFile;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** Whether the chosen file takes a password. */
  get isEncrypted(): boolean {
    return this.#file?.isEncrypted ?? false;
  }

  /** Whether what was chosen, or its password, did not do at the last attempt. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Asks for a file, or for none. */
  want(wanted: boolean): void {
    this.#wanted = wanted;
    void this.choose(undefined);
  }

  /** Takes a file; what is wrong with it shows at once, unless a password hides it. */
  async choose(chosen: File | undefined): Promise<void> {
    this.#chosen = chosen;
    this.#file = undefined;
    this.#refused = false;
    this.password = '';
    await this.choosing.beside(async () => {
      if (chosen === undefined) return;
      const file = await this.#readKeyFile(chosen);
      if (!file.isEncrypted) await file.open('');
      if (this.#chosen === chosen) this.#file = file;
    });
  }

  /** The pair that signs; `undefined` if it is to be made. A sentence says what is missing. Throws a ChatError. */
  async open(): Promise<CryptoKeyPair | string | undefined> {
    if (!this.#wanted) return undefined;
    this.#refused = true;
    if (this.#file === undefined) return 'Choose your key file first, or let Sotto make new keys.';
    const pair = await this.#file.open(this.password);
    this.#refused = false;
    return pair;
  }
}
