/** Addresses of servers, as people write them. */
import { Failure } from './exit.ts';

/** @throws Failure unless it is the address of a server, and nothing more */
export function originOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain =
    url &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.search === '' &&
    url.hash === '' &&
    url.pathname === '/';
  if (!isPlain) throw new Failure('usage', 'The address of a server is like https://chat.example. Check --server.');
  return url.origin;
}
