/**
 * A connection to an IndexedDB database that comes back. A browser that fails to write, as on a full disk, closes the
 * database under whoever has it open; it is opened again as soon as that works, and all goes on.
 */
import { StorageError } from '../../core/base/errors.ts';

/** How long to wait for a database, and then before asking for it again: while storage is cleared, no answer may come. */
const PATIENCE = 1_000;

export class IdbConnection {
  readonly #name: string;
  readonly #ongone: () => void;
  #database: IDBDatabase | undefined;
  #reopening: Promise<IDBDatabase> | undefined;
  #gone = false;
  #closed = false;

  private constructor(name: string, ongone: () => void) {
    this.#name = name;
    this.#ongone = ongone;
  }

  /**
   * @param make - what to put into the database if there is none; without it, there must be one
   * @param ongone - told if the database is deleted while it is open
   * @throws StorageError, as does every method
   */
  static async open(
    name: string,
    make: ((database: IDBDatabase) => void) | undefined,
    ongone: () => void,
  ): Promise<IdbConnection> {
    const connection = new IdbConnection(name, ongone);
    if (make) await beginNewLog();
    connection.#use(await openDatabase(name, make));
    return connection;
  }

  /** Whether the database was deleted. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The open database. */
  async database(): Promise<IDBDatabase> {
    if (this.#closed || this.#gone) throw new StorageError(this.#gone ? 'gone' : 'failed');
    return this.#database ?? this.#reopen();
  }

  close(): void {
    this.#closed = true;
    this.#database?.close();
  }

  #use(database: IDBDatabase): IDBDatabase {
    // Whoever deletes the database need not wait for this tab.
    database.onversionchange = () => {
      database.close();
      this.#leave();
    };
    // By the browser: its storage was cleared, or has failed. Which of them, shows when it is opened again.
    database.onclose = () => {
      this.#database = undefined;
      void this.#comeBack();
    };
    return (this.#database = database);
  }

  async #comeBack(): Promise<void> {
    while (!this.#database && !this.#closed && !this.#gone) {
      await this.#reopen().catch(() => undefined);
      await delay();
    }
  }

  /** Opens what the browser has closed, once for all who wait for it; also when it answers late. */
  #reopen(): Promise<IDBDatabase> {
    this.#reopening ??= Promise.race([
      this.#openAgain(),
      delay().then(() => Promise.reject(new StorageError('failed'))),
    ]).finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #openAgain(): Promise<IDBDatabase> {
    try {
      await beginNewLog();
      const opened = await openDatabase(this.#name, undefined);
      if (!this.#database && !this.#closed) return this.#use(opened);
      opened.close();
      return this.#database ?? opened;
    } catch (error) {
      if (error instanceof StorageError && error.reason === 'gone' && !this.#gone) this.#leave();
      throw error;
    }
  }

  #leave(): void {
    this.#gone = true;
    this.#ongone();
  }
}

/** @throws StorageError, `gone` if there is no database and none shall be made */
function openDatabase(name: string, make: ((database: IDBDatabase) => void) | undefined): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    let absent = false;
    request.onupgradeneeded = () => {
      absent = make === undefined;
      if (absent) request.transaction?.abort();
      else make?.(request.result);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(absent ? new StorageError('gone') : toStorageError(request.error));
  });
}

/**
 * Makes Chromium begin a new log for the databases of this origin, by making and deleting one of them. A write that fails, as on
 * a full disk, may leave half a record at the end of the log. Chromium goes on behind it and says that all is durable, but
 * whoever reads the log next stops there: what was written since is lost, or Chromium removes all databases as damaged.
 * @throws StorageError
 */
async function beginNewLog(): Promise<void> {
  // Of a name that is never used again, so that no other tab can keep it from being deleted.
  const name = `new-log-${crypto.randomUUID()}`;
  (await openDatabase(name, () => undefined)).close();
  const request = indexedDB.deleteDatabase(name);
  await new Promise((resolve, reject) => {
    request.onsuccess = resolve;
    request.onerror = () => reject(toStorageError(request.error));
  });
}

function delay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE));
}

/** What an error of the browser's means to people. */
export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  return new StorageError(full ? 'full' : 'failed');
}
