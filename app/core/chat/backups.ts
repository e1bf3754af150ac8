/**
 * The backups of a profile: to our server, by the person or by themselves, and to a file. One at a time, and none any more
 * once the profile is closed.
 */
import { fromHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError, Refused, Unreachable } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import type { Progress } from '../base/progress.ts';
import type { Sentence } from '../base/sentence.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import { ACCESS_PLACE, backupId, decodeAccess, encodeAccess, newAccess, type Access } from '../backup/access.ts';
import type { BackupFile } from '../backup/file-place.ts';
import type { BackupMade } from '../backup/notes.ts';
import { PlaceError } from '../backup/place.ts';
import { wipe } from '../crypto/wipe.ts';
import type { Vault } from '../identity/vault.ts';
import type { Chat } from './chat.ts';
import { sentenceOf } from './trouble.ts';

/** From a change to the backup that follows it by itself: between this and twice as long. */
const AUTOMATIC_WAIT = 3 * 60_000;

export interface BackupsParts {
  readonly chat: Pick<Chat, 'name' | 'fingerprint' | 'backupServer' | 'subscribe'>;
  /** The profile's records, sealed. */
  readonly store: Store;
  readonly vault: Vault;
  /** Our server's. */
  readonly origin: string;
  readonly isProtected: () => boolean;
  readonly now: () => number;
  /** How long to wait before a backup that nobody asked for, in milliseconds. */
  readonly wait?: () => number;
}

export class Backups {
  readonly #parts: BackupsParts;
  readonly #listeners = new Listeners();
  readonly #turns = new Serial();
  readonly #stop = new AbortController();
  readonly #unsubscribe: () => void;
  #access: Access | undefined;
  #last: BackupMade | undefined;
  #progress: Progress | undefined;
  #trouble: Sentence | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(parts: BackupsParts, access: Access | undefined, last: BackupMade | undefined) {
    this.#parts = parts;
    this.#access = access;
    this.#last = last;
    this.#unsubscribe = parts.chat.subscribe(() => this.#plan());
  }

  /** @throws DamagedRecord */
  static async open(parts: BackupsParts): Promise<Backups> {
    const record = await parts.store.get(ACCESS_PLACE);
    const access = record && decodeAccess(record);
    if (record) wipe(record);
    const last = access && (await (await import('../backup/notes.ts')).lastMade(parts.store));
    return new Backups(parts, access, last);
  }

  /** Whether there is a recovery code that opens the backups of this profile. */
  get hasCode(): boolean {
    return this.#access !== undefined;
  }

  /** Whether backups are made by themselves. */
  get automatic(): boolean {
    return this.#access?.automatic === true;
  }

  /** The last backup, wherever it is. */
  get last(): BackupMade | undefined {
    return this.#last;
  }

  /** How far a backup is, while one is being made. */
  get progress(): Progress | undefined {
    return this.#progress;
  }

  /** Why the last backup that nobody asked for has failed, in a sentence. */
  get trouble(): Sentence | undefined {
    return this.#trouble;
  }

  /** Whether our server keeps backups; `undefined` while it cannot be asked. */
  get onServer(): boolean | undefined {
    return this.#parts.chat.backupServer.keepsBackups;
  }

  /** Calls back after any of the above has changed. @returns the way to stop. */
  subscribe(listener: () => void): () => void {
    const stops = [this.#listeners.add(listener), this.#parts.chat.subscribe(listener)];
    return () => stops.forEach((stop) => stop());
  }

  /**
   * Lets a recovery code open the backups from now on, and none before: they begin anew, under a new key.
   * @param secret - what the code holds, 16 bytes. @throws StorageError
   */
  async setCode(secret: Bytes): Promise<void> {
    const access = { ...(await newAccess(secret)), automatic: this.automatic };
    await this.#change(access, encodeAccess(access));
  }

  /** No recovery code opens anything that is backed up from now on, as nothing is before there is a new one. @throws StorageError */
  async forgetCode(): Promise<void> {
    await this.#change(undefined, undefined);
  }

  /** Lets backups be made by themselves, some minutes after a change, or not. @throws StorageError */
  async setAutomatic(automatic: boolean): Promise<void> {
    await this.#turns.run(async () => {
      if (!this.#access) throw noCode();
      const access = { ...this.#access, automatic };
      await this.#parts.store.write(new Map([[ACCESS_PLACE, encodeAccess(access)]]));
      this.#access = access;
    });
    this.#trouble = undefined;
    this.#plan();
    this.#listeners.notify();
  }

  /** Backs up to our server. @throws ChatError */
  backUp(): Promise<void> {
    return this.#run(() => this.#toServer(true));
  }

  /** Backs everything up to an empty file. @throws ChatError */
  backUpTo(file: BackupFile): Promise<void> {
    return this.#run(async () => {
      const [{ backUpWhole }, { filePlace }] = await Promise.all([
        import('../backup/back-up.ts'),
        import('../backup/file-place.ts'),
      ]);
      this.#last = await backUpWhole({ ...this.#engine(), place: await filePlace(file) });
    });
  }

  /** Ends what is under way; its keys are overwritten. */
  async close(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    this.#stop.abort();
    await this.#turns.settled();
    if (this.#access) wipe(this.#access.key, this.#access.token);
    this.#access = undefined;
  }

  async #toServer(always: boolean): Promise<void> {
    const { chat, origin } = this.#parts;
    if (!this.#access) throw noCode();
    if (chat.backupServer.keepsBackups === undefined) throw new PlaceError('unreachable');
    if (!chat.backupServer.keepsBackups) throw new PlaceError('absent');
    const [{ backUp }, { serverPlace }] = await Promise.all([
      import('../backup/back-up.ts'),
      import('../backup/server-place.ts'),
    ]);
    await claim(chat, this.#access.token);
    const place = serverPlace(origin, this.#access.token, this.#stop.signal);
    this.#last = (await backUp({ ...this.#engine(), place }, always)) ?? this.#last;
  }

  #engine() {
    if (!this.#access) throw noCode();
    const { chat, store, vault, isProtected, now } = this.#parts;
    const profile = {
      isProtected: isProtected(),
      fingerprint: fromHex(chat.fingerprint)!,
      name: chat.name,
      nameKey: vault.nameKey,
    };
    return {
      store,
      access: this.#access,
      profile,
      now,
      onprogress: (progress: Progress) => this.#report(progress),
    };
  }

  /** One after the other. */
  #run(task: () => Promise<void>): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#stop.signal.aborted) throw new ChatError('This profile is closed. Open it, then back up again.');
      try {
        await task();
        this.#trouble = undefined;
      } finally {
        this.#report(undefined);
      }
    });
  }

  async #change(access: Access | undefined, record: Bytes | undefined): Promise<void> {
    const { forgetBackup } = await import('../backup/notes.ts');
    await this.#turns.run(async () => {
      const { store } = this.#parts;
      await store.write(new Map<string, Bytes | undefined>([...(await forgetBackup(store)), [ACCESS_PLACE, record]]));
      this.#access = access;
    });
    this.#listeners.notify();
  }

  #report(progress: Progress | undefined): void {
    this.#progress = progress;
    this.#listeners.notify();
  }

  /** Something may have changed: there will be a backup, unless one is planned. */
  #plan(): void {
    if (!this.automatic || this.#timer !== undefined || !this.onServer || this.#stop.signal.aborted) return;
    const wait = this.#parts.wait ?? (() => AUTOMATIC_WAIT * (1 + Math.random()));
    this.#timer = setTimeout(() => void this.#backUpByItself(), wait());
  }

  async #backUpByItself(): Promise<void> {
    try {
      await this.#run(() => this.#toServer(false));
    } catch (error) {
      // A server that cannot be reached is said elsewhere, and the next change tries again.
      if (!(error instanceof PlaceError && error.reason === 'unreachable')) this.#trouble = sentenceOf(error);
    } finally {
      this.#timer = undefined;
      this.#listeners.notify();
    }
  }
}

/** @throws PlaceError if our server does not take it */
async function claim(chat: BackupsParts['chat'], token: Bytes): Promise<void> {
  try {
    await chat.backupServer.claimBackup(await backupId(token));
  } catch (error) {
    if (error instanceof Unreachable) throw new PlaceError('unreachable');
    if (error instanceof Refused) throw new PlaceError(error.code === 'full' ? 'full' : 'refused');
    throw error;
  }
}

function noCode(): ChatError {
  return new ChatError('Backups need a recovery code. Make one first.');
}
