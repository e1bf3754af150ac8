/**
 * Errors, named for what the caller does next. Each has a stable code; none holds a key, a name or a message's text.
 * Bad input from outside is not an error: decoders return `undefined`, and the caller drops what did not decode.
 */

/** Tell the person: `message` is one sentence that says what happened and what to do. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

/** End the link: the peer broke the protocol or the channel failed. Nothing was committed. Dialling again may help. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: LinkErrorCode;

  constructor(code: LinkErrorCode) {
    super(code);
    this.code = code;
  }
}

export type LinkErrorCode = 'closed' | 'timeout' | 'protocol' | 'version';

/** Ask again later: the server cannot be reached, or it refused with a code of its protocol. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Stop and tell: a record on this device cannot be read. It is left as it is. */
export class DamagedRecord extends ChatError {
  constructor() {
    super(
      'damaged-record',
      'Something stored in this browser cannot be read by this version of Sotto. It was left as it is; reload the page, or use a new profile.',
    );
  }
}
