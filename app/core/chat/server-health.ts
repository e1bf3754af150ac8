/** What a server tells everybody: that it runs, whom it lets in, and where. */
import { decodeMessage, Health } from '../../../signal/wire/messages.ts';

const TIMEOUT = 10_000;

/** @returns `undefined` if it cannot be reached, or does not speak as a server of Sotto. */
export async function serverHealth(origin: string): Promise<Health | undefined> {
  try {
    const response = await fetch(`${origin}/health`, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
    return decodeMessage(Health, await response.text());
  } catch {
    return undefined;
  }
}
