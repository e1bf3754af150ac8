/**
 * Errors, named for what the caller does next. None holds a key, a name or a message's text. Bad input from outside is
 * not an error: decoders return `undefined`, and the caller drops what did not decode.
 */
import type { RefusalCode } from '../../../signal/wire/messages.ts';
import { spoken, type Sentence } from './sentence.ts';

/** Tell the person: its sentence says what happened and what to do. */
export class ChatError extends Error {
  override readonly name: string = 'ChatError';
  readonly sentence: Sentence;

  constructor(sentence: Sentence) {
    super(spoken(sentence, 'page'));
    this.sentence = sentence;
  }
}

/** Tell the person: our server cannot be asked now. Nothing was changed. */
export class ServerAway extends ChatError {
  override readonly name = 'ServerAway';
}

const STORAGE_SENTENCES = {
  full: {
    page: 'This browser has no room left for Sotto. Free some disk space, then try again.',
    terminal: 'This device has no room left for Sotto. Free some disk space, then try again.',
  },
  failed: {
    page: 'This browser could not reach its storage. Free some disk space if there is none left, or reload the page; then try again.',
    terminal:
      'This device could not reach its storage. Free some disk space if there is none left, or restart Sotto; then try again.',
  },
  taken: {
    page: 'This profile is open in another tab now. Write there, or press “Use here”.',
    terminal: 'This profile is open elsewhere now. Go on there, or start Sotto again here.',
  },
  gone: {
    page: 'This profile is not in this browser any more. Choose another one, or make a new one.',
    terminal: 'This profile is not on this device any more. Use another folder: --data DIR.',
  },
};

/** Tell the person: this device could not keep or read something. Nothing was changed. */
export class StorageError extends ChatError {
  override readonly name = 'StorageError';
  readonly reason: keyof typeof STORAGE_SENTENCES;

  /**
   * @param reason - `full`: there is no room left. `taken`: the records have a new owner, who alone may change them.
   *   `gone`: they have been deleted.
   */
  constructor(reason: keyof typeof STORAGE_SENTENCES) {
    super(STORAGE_SENTENCES[reason]);
    this.reason = reason;
  }
}

/** Stop and tell: a record on this device cannot be read. It is left as it is. */
export class DamagedRecord extends ChatError {
  override readonly name = 'DamagedRecord';

  constructor() {
    super({
      page: 'Something stored in this browser cannot be read by this version of Sotto. It was left as it is; reload the page, or use a new profile.',
      terminal:
        'Something stored on this device cannot be read by this version of Sotto. It was left as it is; restart Sotto, or use another folder: --data DIR.',
    });
  }
}

/** End the link: the peer broke the protocol, or the channel failed. Nothing was committed. Dialling again may help. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  /**
   * What went wrong. Before a link is open: `no-answer`, nobody took our offer; `no-path`, the networks let none through;
   * `relay-refused`, nor did the relay.
   */
  readonly code: 'closed' | 'timeout' | 'protocol' | 'version' | 'no-answer' | 'no-path' | 'relay-refused';

  constructor(code: LinkError['code']) {
    super(code);
    this.code = code;
  }
}

/** Ask again later: our server cannot be asked now. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Do not ask again: our server's answer is no. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(code);
    this.code = code;
  }
}

/** Whether our server could not be asked, or said no: for those who ask again at their next occasion, and need tell nobody. */
export function isServerTrouble(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof Refused;
}
