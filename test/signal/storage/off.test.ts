/** A server that keeps nothing for people who are away. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toBase64Url } from '../../../signal/wire/bytes.ts';
import { CloseCode } from '../../../signal/wire/close-codes.ts';
import { MAX_MESSAGE_BYTES, MAX_PARCEL_BYTES } from '../../../signal/wire/limits.ts';
import { encodeMessage, type ClientMessage, type StorageRequest } from '../../../signal/wire/messages.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, DAY, person, random32, startServer, temporaryFolder, type Unnumbered } from '../client.ts';
import { invite, makeBundle, stage } from './stage.ts';

const OFF = { MAILBOX: 'off' };

/** A message, made as long as is wanted by what means nothing in JSON. */
function padded(message: ClientMessage, length: number): string {
  return encodeMessage(message).padEnd(length);
}

describe('with MAILBOX=off', () => {
  test('whoever logs in is told so; otherwise, that something is kept', async () => {
    for (const [env, mailbox] of [
      [OFF, false],
      [{}, true],
    ] as const) {
      const { origin } = await startServer(env);
      const client = await Client.connect(origin);
      await client.login(await person('ann'));
      expect(await client.take('welcome')).toMatchObject({ mailbox });
    }
  });

  test('every request about it is refused, and nothing is written', async () => {
    const DATA_DIR = temporaryFolder();
    const { people, clients } = await stage(['ann'], { ...OFF, DATA_DIR });
    const [ann, anns] = [people[0]!, clients[0]!];
    const requests: Unnumbered<StorageRequest>[] = [
      { type: 'publish', ...(await makeBundle(ann, {}, 1)) },
      { type: 'stock' },
      { type: 'prekeys', fingerprint: ann.fingerprint },
      { type: 'deposit', to: ann.fingerprint, parcel: randomBytes(100) },
      { type: 'collect', after: 0 },
      { type: 'taken', numbers: [1] },
      { type: 'senders', add: [ann.fingerprint], remove: [] },
      { type: 'backup', id: random32() },
    ];
    for (const request of requests) expect(await anns.request(request)).toBe('not-allowed');
    expect(existsSync(join(DATA_DIR, 'storage.sqlite'))).toBe(false);
  });

  test('there are no backups', async () => {
    const { origin } = await startServer(OFF);
    const headers = { authorization: `Backup ${toBase64Url(random32())}` };
    for (const path of ['/backups', '/backups/manifest']) {
      for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
        expect((await fetch(`${origin}${path}`, { method, headers })).status).toBe(404);
      }
    }
  });

  test('no invite lets anybody knock', async () => {
    const { origin, clients, clock } = await stage(['ann'], OFF);
    const { ticket } = await invite(clients[0]!, clock.now + DAY);
    const headers = { authorization: `Invite ${toBase64Url(ticket)}` };
    expect(await (await fetch(`${origin}/invites`, { headers })).json()).toMatchObject({ knock: false });
  });

  test('no message may be larger than MAX_MESSAGE_BYTES', async () => {
    const { people, clients } = await stage(['ann'], OFF);
    const [anns, to] = [clients[0]!, people[0]!.fingerprint];
    anns.send({ type: 'deposit', ref: 1, to, parcel: randomBytes(MAX_PARCEL_BYTES) });
    expect(await anns.closed).toBe(CloseCode.tooBig);
  });
});

describe('where something is kept', () => {
  test('no other message may be larger than before', async () => {
    const { clients } = await stage(['ann', 'bob']);
    const [anns, bobs] = clients as [Client, Client];
    const request = { type: 'collect', ref: 7, after: 0 } as const;
    anns.socket.send(padded(request, MAX_MESSAGE_BYTES));
    expect(await anns.take('parcels')).toMatchObject({ ref: 7 });
    const others: [Client, ClientMessage][] = [
      [anns, request],
      [bobs, { type: 'unwatch', peers: [] }],
    ];
    for (const [client, message] of others) {
      client.socket.send(padded(message, MAX_MESSAGE_BYTES + 1));
      expect(await client.closed).toBe(CloseCode.tooBig);
    }
  });

  test('nor anything before the login, whatever it says it is', async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    const [late, early] = [await Client.connect(origin), await Client.connect(origin)];
    late.socket.send(padded(await late.makeLogin(ann), MAX_MESSAGE_BYTES + 1));
    expect(await late.closed).toBe(CloseCode.tooBig);
    early.send({ type: 'deposit', ref: 1, to: ann.fingerprint, parcel: randomBytes(MAX_PARCEL_BYTES) });
    expect(await early.closed).toBe(CloseCode.tooBig);
  });
});
