/** What may stand on the command line of every command. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Options {
  readonly name?: string;
  readonly data: string;
  readonly server?: string;
  /** Whether `server` was asked for by whoever runs this: what stands in the environment is only for new profiles. */
  readonly moves: boolean;
  readonly token?: string;
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
  readonly json?: boolean;
  /** Seconds. */
  readonly wait: number;
}

/** Of commands that talk with one person. */
export interface TalkOptions extends Options {
  /** What we write is left on the server, encrypted, while they are away. */
  readonly leave?: boolean;
}

export const DEFAULT_SERVER = 'http://localhost:8787';
export const DEFAULT_DATA = join(homedir(), '.sotto');
/** Seconds that what was written last may take to arrive, when there is nothing more to write. */
export const DEFAULT_WAIT = 10;
export const MAX_WAIT = 24 * 60 * 60;
