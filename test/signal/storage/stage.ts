/** People on a server that keeps things for them, and what they leave there. */
import { expect } from 'vitest';
import { signBundle, type BundleFields } from '../../../signal/wire/bundle.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { PREKEY_BYTES } from '../../../signal/wire/limits.ts';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { ServerMessageOf } from '../../../signal/wire/messages.ts';
import type { SignalServerParts } from '../../../signal/server.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, DAY, makeTicket, person, startServer, type Identity, type Running } from '../client.ts';

export interface Stage {
  readonly server: Running;
  readonly origin: string;
  /** The server's, to be put forward. */
  readonly clock: { now: number };
  readonly people: readonly Identity[];
  readonly clients: readonly Client[];
}

/** A server with these settings, and people who have logged in at it. */
export async function stage(
  names: readonly string[],
  env: Record<string, string> = {},
  parts: Partial<SignalServerParts> = {},
): Promise<Stage> {
  const clock = { now: Date.now() };
  const server = await startServer(env, { now: () => clock.now, ...parts });
  const people = await Promise.all(names.map(person));
  const clients = await Promise.all(people.map((one) => Client.enter(server.origin, one)));
  return { server, origin: server.origin, clock, people, clients };
}

/** Puts people on the list of those who may leave parcels for whoever `client` is. */
export async function listSenders(client: Client, ...senders: readonly Identity[]): Promise<void> {
  const add = senders.map(({ fingerprint }) => fingerprint);
  expect(await client.request({ type: 'senders', add, remove: [] })).toBe('done');
}

/** Leaves a parcel. @returns the answer: 'done', or why not. */
export async function deposit(client: Client, to: Identity, parcel: Bytes, ticket?: Bytes): Promise<unknown> {
  const shown = ticket ? { ticket } : {};
  return client.request({ type: 'deposit', to: to.fingerprint, parcel, ...shown });
}

type Collected = Pick<ServerMessageOf<'parcels'>, 'parcels' | 'more'>;

export async function collect(client: Client, after = 0): Promise<Collected> {
  const answer = await client.ask({ type: 'collect', after });
  if (answer.type !== 'parcels') throw new Error(`The answer to collect is ${JSON.stringify(answer)}.`);
  return { parcels: answer.parcels, more: answer.more };
}

/** All that waits, whatever it takes to fetch it; nothing is removed. */
export async function collectAll(client: Client): Promise<Collected['parcels']> {
  const all: Collected['parcels'] = [];
  for (let more = true; more;) {
    const page = await collect(client, all.at(-1)?.number);
    all.push(...page.parcels);
    more = page.more;
  }
  return all;
}

/** Makes an invite, which lets people knock unless told otherwise. */
export async function invite(client: Client, expiry: number, knock = true): Promise<{ ticket: Bytes; id: Bytes }> {
  const { ticket, id } = await makeTicket();
  expect(await client.request({ type: 'invite', id, expiry, note: new Uint8Array(0), knock })).toBe('done');
  return { ticket, id };
}

/** A signed bundle and the one-time keys that belong to it. */
export async function makeBundle(
  owner: Identity,
  changes: Partial<BundleFields> = {},
  count = 3,
): Promise<{ bundle: Bytes; keys: Bytes[] }> {
  const keys = Array.from({ length: count }, () => randomBytes(PREKEY_BYTES));
  const fields = {
    fingerprint: owner.fingerprint,
    sequence: 1,
    expiry: Date.now() + 7 * DAY,
    x25519: randomBytes(32),
    kem: randomBytes(1184),
    oneTimeHashes: await Promise.all(keys.map(sha256)),
    ...changes,
  };
  return { bundle: await signBundle(fields, owner.privateKey), keys };
}
