/** Why the server closed a WebSocket. `signal/PROTOCOL.md` documents each. */

export const CloseCode = {
  /** The server is stopping. */
  goingAway: 1001,
  /** The message is in more than MAX_MESSAGE_FRAGMENTS fragments. */
  tooManyFragments: 1008,
  /** The message is larger than MAX_MESSAGE_BYTES. */
  tooBig: 1009,
  /** The server failed; the client may come back. */
  serverError: 1011,
  /** Not a message of this protocol. */
  badMessage: 4400,
  /** A private server: neither a member, nor a valid token, nor a live invite. */
  accessDenied: 4401,
  /** The card or the login signature does not verify, or it names another origin. */
  badLogin: 4403,
  /** No login or no answer to a ping in time, or more than MAX_BUFFERED_BYTES left unread. */
  tooSlow: 4408,
  /** The same identity has connected from elsewhere; the newest connection stays. */
  replaced: 4409,
  /** The client speaks another version. */
  badVersion: 4426,
  /** Too many messages, watched people, refusals or newcomers. */
  tooMany: 4429,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];
