/** What a server tells everybody: that it runs, whom it lets in, and where. */
import type { Sentence } from '../base/sentence.ts';
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

/** A server turns away whoever dials another address of it than its own. @returns where to find it, in a sentence */
export async function addressTrouble(origin: string): Promise<Sentence | undefined> {
  const health = await serverHealth(origin);
  if (!health || health.origins.includes(origin)) return undefined;
  const where = `This server answers at ${health.origins[0]}.`;
  return {
    page: `${where} Open that address instead of this one.`,
    terminal: `${where} Give that address: --server URL.`,
  };
}
