/** What may stand on the command line of every command. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Options {
  /** What people call whoever owns the profile. */
  readonly name?: string;
  /** The folder of the profile. */
  readonly data: string;
  /** The address of a server, as it was typed. */
  readonly server?: string;
  /** Whether `server` was asked for by whoever runs this: what stands in the environment is only for new profiles. */
  readonly moves: boolean;
  /** Of a private server. */
  readonly token?: string;
  /** What has the passphrase, or the recovery code, on its first line. */
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
  /** Whether a program is spoken with. */
  readonly json?: boolean;
  /** Seconds that what was written last may take to arrive. */
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
/** Seconds: a day. */
export const MAX_WAIT = 24 * 60 * 60;
