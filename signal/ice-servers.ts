/**
 * The STUN and TURN servers that clients are told of. A relay asks for credentials; ours are short-lived, made as coturn's
 * `use-auth-secret` checks them: the name says until when they are good, the password is its HMAC-SHA-1 under the
 * secret that server and relay share. Nothing need be stored, and who leaves the server leaves the relay.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Config } from './config.ts';
import { RELAY_LIFETIME } from './wire/limits.ts';
import type { IceServer } from './wire/messages.ts';

export interface IceServers {
  readonly servers: readonly IceServer[];
  /** When to tell the client of newer ones, unix ms; `Infinity` where these stay good. */
  readonly renewAt: number;
}

/** The servers for one client, from `now` on. The name on its credentials is random: a relay's log names nobody. */
export function iceServersFor({ stunUrls, relay }: Pick<Config, 'stunUrls' | 'relay'>, now: number): IceServers {
  const stun = stunUrls.map((urls) => ({ urls }));
  if (!relay) return { servers: stun, renewAt: Infinity };
  const username = `${Math.floor((now + RELAY_LIFETIME) / 1000)}:${randomBytes(8).toString('hex')}`;
  const credential = createHmac('sha1', relay.secret).update(username).digest('base64');
  const turn = relay.urls.map((urls) => ({ urls, username, credential }));
  return { servers: [...stun, ...turn], renewAt: now + RELAY_LIFETIME / 2 };
}
