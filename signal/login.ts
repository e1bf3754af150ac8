/** The login: who is at the other end of a connection, proven by a signature over the server's challenge. */
import * as v from 'valibot';
import type { Access, Party } from './access.ts';
import type { Directory } from './directory.ts';
import type { Limiter } from './limiter.ts';
import { utf8, type Bytes } from './wire/bytes.ts';
import { openCard, type Card } from './wire/card.ts';
import { CloseCode } from './wire/close-codes.ts';
import { LOGIN_LABEL, verify } from './wire/keys.ts';
import { WIRE_VERSION } from './wire/limits.ts';
import { ClientMessage, decodeMessage, type ClientMessageOf } from './wire/messages.ts';

export interface LoginParts {
  readonly access: Access;
  readonly directory: Directory;
  readonly refusals: Limiter;
  readonly newcomers: Limiter;
  /** Whether a client may have dialled this origin to reach us. */
  readonly isOwnOrigin: (origin: string) => boolean;
  readonly now: () => number;
}

/** Someone logged in, with the card they showed, where they dialled us, and from which address. */
export interface Login {
  readonly party: Party;
  readonly card: Card;
  readonly origin: string;
  readonly address: string;
}

/** A login of any version, whatever else that version puts in it. */
const VersionedLogin = v.object({ type: v.literal('login'), version: v.number() });

/**
 * Judges the first message of a connection.
 * @param nonce this connection's; it is good for one call.
 * @param address whom a refusal is counted for; one with too many is not even heard.
 * @returns the login, its card and membership durable; or the code to close the connection with.
 */
export async function judgeLogin(
  text: string,
  nonce: Bytes,
  address: string,
  parts: LoginParts,
): Promise<Login | CloseCode> {
  const versioned = decodeMessage(VersionedLogin, text);
  if (versioned && versioned.version !== WIRE_VERSION) return CloseCode.badVersion;
  const message = decodeMessage(ClientMessage, text);
  if (message?.type !== 'login') return CloseCode.badMessage;
  // A member who gets in by signature alone may still be guessing the token. It costs before it is looked at further, so
  // that guesses made all at once cost as much as those made one by one.
  const guessed =
    parts.access.kind === 'private' && message.token !== undefined && !parts.access.isToken(message.token);
  const heard = guessed ? await parts.refusals.take(address) : !(await parts.refusals.isSpent(address));
  if (!heard) return CloseCode.tooMany;

  const result = await proveLogin(message, nonce, address, parts);
  if (typeof result === 'number' && result !== CloseCode.tooMany && !guessed) await parts.refusals.take(address);
  return result;
}

async function proveLogin(
  message: ClientMessageOf<'login'>,
  nonce: Bytes,
  address: string,
  parts: LoginParts,
): Promise<Login | CloseCode> {
  if (!parts.isOwnOrigin(message.origin)) return CloseCode.badLogin;
  const card = await openCard(message.card);
  if (!card) return CloseCode.badLogin;
  const signed = [utf8(message.origin), nonce, card.fingerprint];
  if (!(await verify(card.verifyKey, LOGIN_LABEL, signed, message.signature))) return CloseCode.badLogin;

  const party = parts.access.admit(card.fingerprint, message.token, message.tickets ?? []);
  if (!party) return CloseCode.accessDenied;
  // Each newcomer is a row on our disk.
  const known = parts.directory.find(card.fingerprint) !== undefined;
  if (!known && !(await parts.newcomers.take(address))) return CloseCode.tooMany;
  // Refused unless current, and no older than the one stored.
  if (!parts.directory.store(card, parts.now())) return CloseCode.badLogin;
  parts.access.enroll(party);
  return { party, card, origin: message.origin, address };
}
