/** What the server keeps for people who are away, put together: parcels, bundles of prekeys and backups. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StorageQuotas } from '../config.ts';
import type { Limiters } from '../limiter.ts';
import type { Login } from '../login.ts';
import type { Sqlite } from '../sqlite.ts';
import type { Bytes } from '../wire/bytes.ts';
import type { Answer, StorageRequest } from '../wire/messages.ts';
import { Backups } from './backups.ts';
import { createBackupHandler } from './backup-http.ts';
import { Bundles } from './bundles.ts';
import { usedBytes } from './database.ts';
import { eraser } from './eraser.ts';
import { Mailbox } from './mailbox.ts';
import { answerStorageRequest, type StorageRequestParts } from './requests.ts';
import { Senders } from './senders.ts';

export interface StorageParts extends Pick<StorageRequestParts, 'access' | 'invites' | 'now' | 'onMail' | 'log'> {
  /** Closed with the storage. */
  readonly database: Sqlite;
  readonly quotas: StorageQuotas;
  readonly limiters: Limiters;
  readonly addressOf: (request: IncomingMessage) => string;
}

export interface Storage {
  /** Answers a request of someone logged in. */
  answer(request: StorageRequest, login: Login): Promise<Answer>;
  /** Answers an HTTP request below `/backups`. */
  answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Forgets what has been kept for as long as it may. */
  sweep(): void;
  /** Durably forgets all that is kept for these people. */
  erase(owners: readonly Bytes[]): void;
  close(): void;
}

export function createStorage(parts: StorageParts): Storage {
  const { access, invites, now, onMail, log, database, quotas, limiters, addressOf } = parts;
  const mailbox = new Mailbox(database, quotas, now);
  const bundles = new Bundles(database, now);
  const backups = new Backups(database, quotas);
  const used = usedBytes(database);
  const requestParts: StorageRequestParts = {
    ...{ access, invites, mailbox, bundles, backups, now, onMail, log },
    ...limiters,
    senders: new Senders(database),
    hasRoom: () => used() < quotas.totalBytes,
  };
  return {
    answer: (request, login) => answerStorageRequest(request, login, requestParts),
    answerHttp: createBackupHandler({ backups, limiters, addressOf, log }),
    sweep() {
      mailbox.sweep();
      bundles.sweep();
    },
    erase: eraser(database),
    close: () => database.close(),
  };
}
