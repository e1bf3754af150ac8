import { once } from 'node:events';
import type { Client } from './client.ts';

/** Two pings, the second of a beat that began after the call. */
export async function nextBeat({ socket }: Client): Promise<void> {
  for (let i = 0; i < 2; i++) await once(socket, 'ping');
}
