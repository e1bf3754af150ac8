/** What our server asks of strangers. */
import { ChatError } from '../../core/base/errors.ts';
import { serverHealth } from '../../core/chat/server-health.ts';

const TIMEOUT = 10_000;
/** A fingerprint that nobody has: the answer for it tells a good token from a bad one. */
const NOBODY = '0'.repeat(64);

/** Whether the server wants an access token from whoever has no invite. */
export async function serverAccess(): Promise<'open' | 'private' | 'unreachable'> {
  return (await serverHealth(location.origin))?.access ?? 'unreachable';
}

/** Whether the server takes a token; it is not kept. @throws ChatError if the server cannot be asked. */
export async function checkToken(token: string): Promise<boolean> {
  // A header could not carry anything else, and no server's token holds it.
  if (!/^[\x21-\x7e]+$/.test(token)) return false;
  const headers = { authorization: `Bearer ${token}` };
  try {
    const { status } = await fetch(`/keys/${NOBODY}`, {
      headers,
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return status === 404 || status === 200;
  } catch {
    throw new ChatError('The server cannot be reached right now. Check that you are online, then try again.');
  }
}
