import type { Sentence } from '../../core/chat/views.ts';
import { createSubscriber } from 'svelte/reactivity';
import type { Backups } from '../../core/chat/backups.ts';

/** The backups of the profile, as the settings show them. */
export class BackupView {
  readonly actions: Backups;
  readonly #changed: () => void;

  constructor(backups: Backups) {
    this.actions = backups;
    this.#changed = createSubscriber((update) => backups.subscribe(update));
  }

  get hasCode(): boolean {
    this.#changed();
    return this.actions.hasCode;
  }

  get automatic(): boolean {
    this.#changed();
    return this.actions.automatic;
  }

  /** The last backup. */
  get last(): Backups['last'] {
    this.#changed();
    return this.actions.last;
  }

  /** How far a backup is, while one is being made. */
  get progress(): Backups['progress'] {
    this.#changed();
    return this.actions.progress;
  }

  /** Why the last backup that nobody asked for has failed, in a sentence. */
  get trouble(): Sentence | undefined {
    this.#changed();
    return this.actions.trouble;
  }

  /** Whether our server keeps backups; `undefined` while it cannot be asked. */
  get onServer(): boolean | undefined {
    this.#changed();
    return this.actions.onServer;
  }

  /** Lets the words of a recovery code open the backups. Throws a ChatError. */
  async setCode(code: string): Promise<void> {
    const { recoverySecret } = await import('../../platform/profile/recovery-code.ts');
    const secret = recoverySecret(code);
    await this.actions.setCode(secret).finally(() => secret.fill(0));
  }

  /** Backs up to a file, and gives it to the person. Returns its name; throws a ChatError. */
  async saveAsFile(): Promise<string> {
    const [{ NewBackupFile }, { saveFile }] = await Promise.all([
      import('../../platform/browser/backup-file.ts'),
      import('../../platform/browser/save-file.ts'),
    ]);
    const file = new NewBackupFile();
    await this.actions.backUpTo(file);
    const name = `sotto-backup-${this.actions.last?.counter ?? 0}.sotto`;
    saveFile(name, file.blob());
    return name;
  }
}
