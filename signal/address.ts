/** Whom to count a request for: its network address, made comparable. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address of a request's client. One IPv6 subscriber commands a whole /64, so its first four groups count as one
 * address.
 * @param trustProxy take the last X-Forwarded-For entry, the one the nearest proxy wrote, where it is an address.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const direct = request.socket.remoteAddress ?? '';
  if (!trustProxy) return normalizeAddress(direct);
  const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').at(-1)!.trim();
  return normalizeAddress(isIP(forwarded) ? forwarded : direct);
}

/** An IPv4 address as it is, also from its IPv6 form; an IPv6 address as its /64 network. */
export function normalizeAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const end = tail === '' ? [] : tail.split(':');
    while (groups.length + end.length < 8) groups.push('0');
  }
  while (groups.length < 4) groups.push('0');
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
