import type { Parts } from './parts.ts';

/** Why a private server would not let this token in, in a sentence; `undefined` if it would. Throws a ChatError. */
export async function tokenTrouble(token: string, checkToken: Parts['checkToken']): Promise<string | undefined> {
  if (token === '') return 'Write the access token first.';
  if (await checkToken(token)) return undefined;
  return 'The server did not accept this access token. Check it with whoever runs the server.';
}
