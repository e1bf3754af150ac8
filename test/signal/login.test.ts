import { describe, expect, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { REFUSALS_PER_INTERVAL } from '../../signal/wire/limits.ts';
import { Client, DAY, person, startServer } from './client.ts';

const TOKEN = 'the-token-of-the-owner';

describe('a login', () => {
  test('is welcomed on an open server as anyone', async () => {
    const { origin } = await startServer({ STUN_URLS: 'stun:stun.example:3478' });
    const client = await Client.connect(origin);
    await client.login(await person('ann'));
    expect(await client.take('welcome')).toEqual({
      type: 'welcome',
      role: 'anyone',
      mayInvite: true,
      iceServers: [{ urls: 'stun:stun.example:3478' }],
      mailbox: true,
    });
  });

  test.each(['http://localhost:1', 'http://evil.example', 'null', ''])(
    'signed for another origin, %j, is refused',
    async (dialled) => {
      const { origin } = await startServer();
      const client = await Client.connect(origin);
      await client.login(await person('ann'), { origin: dialled });
      expect(await client.closed).toBe(CloseCode.badLogin);
    },
  );

  test('names PUBLIC_URL where that is set, and no other', async () => {
    const { port, origin } = await startServer({ PUBLIC_URL: 'https://chat.example/' });
    expect(origin).toBe('https://chat.example');
    const ann = await person('ann');
    const proxied = await Client.connect(`http://localhost:${port}`);
    await proxied.login(ann, { origin: 'https://chat.example' });
    await proxied.take('welcome');
    const direct = await Client.connect(`http://localhost:${port}`);
    await direct.login(ann);
    expect(await direct.closed).toBe(CloseCode.badLogin);
  });

  test("signed over another connection's nonce is refused", async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    const recorded = await (await Client.connect(origin)).makeLogin(ann);
    const replaying = await Client.connect(origin);
    replaying.send(recorded);
    expect(await replaying.closed).toBe(CloseCode.badLogin);
  });

  test('signed by another key is refused', async () => {
    const { origin } = await startServer();
    const client = await Client.connect(origin);
    await client.login(await person('bob'), { card: (await person('ann')).card });
    expect(await client.closed).toBe(CloseCode.badLogin);
  });

  test('with an altered card is refused', async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    const card = Uint8Array.from(ann.card);
    card[20]! ^= 1;
    const client = await Client.connect(origin);
    await client.login(ann, { card });
    expect(await client.closed).toBe(CloseCode.badLogin);
  });

  test('with an older card than the one stored is refused', async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    await Client.enter(origin, ann);
    const client = await Client.connect(origin);
    await client.login(ann, { card: await ann.newCard({ sequence: 1 }) });
    expect(await client.closed).toBe(CloseCode.badLogin);
  });

  test('with a card not valid any more, by more than a day, is refused', async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    const hour = DAY / 24;
    const lately = await ann.newCard({ from: 0, until: Date.now() - DAY + hour });
    await Client.enter(origin, ann, { card: lately });
    const longAgo = await ann.newCard({ from: 0, until: Date.now() - DAY - hour, sequence: Date.now() + DAY });
    const client = await Client.connect(origin);
    await client.login(ann, { card: longAgo });
    expect(await client.closed).toBe(CloseCode.badLogin);
  });

  test('of another version is told so, whatever else it holds', async () => {
    const { origin } = await startServer();
    const client = await Client.connect(origin);
    client.socket.send(JSON.stringify({ type: 'login', version: 2, novelty: true }));
    expect(await client.closed).toBe(CloseCode.badVersion);
  });

  test('that does not come in time ends the connection', async () => {
    const { origin } = await startServer({}, { timing: { loginDeadline: 50 } });
    const client = await Client.connect(origin);
    expect(await client.closed).toBe(CloseCode.tooSlow);
  });

  test('in time outlives the deadline', async () => {
    const { origin } = await startServer({}, { timing: { loginDeadline: 500 } });
    const late = await Client.connect(origin);
    const ann = await Client.enter(origin, await person('ann'));
    expect(await late.closed).toBe(CloseCode.tooSlow);
    await ann.settle();
  });

  test('happens once', async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    const client = await Client.connect(origin);
    const login = await client.makeLogin(ann);
    client.send(login);
    await client.take('welcome');
    client.send(login);
    expect(await client.closed).toBe(CloseCode.badMessage);
  });

  test('comes before anything else', async () => {
    const { origin } = await startServer();
    const client = await Client.connect(origin);
    client.send({ type: 'lookup', ref: 1, fingerprint: (await person('ann')).fingerprint });
    expect(await client.closed).toBe(CloseCode.badMessage);
  });
});

describe('the newest login of an identity', () => {
  test('closes the older one with 4409, and stays', async () => {
    const { origin } = await startServer();
    const older = await Client.enter(origin, await person('ann'));
    const newer = await Client.enter(origin, await person('ann'));
    expect(await older.closed).toBe(CloseCode.replaced);
    await newer.settle();
  });
});

describe('refused logins of one address', () => {
  test('are answered up to the limit, and then not even heard', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN: TOKEN });
    const ann = await person('ann');
    const attempt = async (token: string) => {
      const client = await Client.connect(origin);
      await client.login(ann, { token });
      return client.closed;
    };
    for (let i = 0; i < REFUSALS_PER_INTERVAL; i++) expect(await attempt(`wrong ${i}`)).toBe(CloseCode.accessDenied);
    expect(await attempt(TOKEN)).toBe(CloseCode.tooMany);
  });

  test('are no more when they come all at once, and the right token among them is not heard', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN: TOKEN });
    const ann = await person('ann');
    const tokens = [...Array.from({ length: REFUSALS_PER_INTERVAL + 10 }, (_, i) => `wrong ${i}`), TOKEN];
    const clients = await Promise.all(tokens.map(() => Client.connect(origin)));
    const logins = await Promise.all(clients.map((client, i) => client.makeLogin(ann, { token: tokens[i]! })));
    clients.forEach((client, i) => client.send(logins[i]!));
    const codes = await Promise.all(clients.map(({ closed }) => closed));
    expect(codes.filter((code) => code === CloseCode.accessDenied)).toHaveLength(REFUSALS_PER_INTERVAL);
    expect(codes.filter((code) => code === CloseCode.tooMany)).toHaveLength(11);
  });

  test('include the wrong tokens of someone who is let in as a member', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN: TOKEN });
    const ann = await person('ann');
    await Client.enter(origin, ann, { token: TOKEN });
    for (let i = 0; i < REFUSALS_PER_INTERVAL; i++) await Client.enter(origin, ann, { token: `guess ${i}` });
    const client = await Client.connect(origin);
    await client.login(ann);
    expect(await client.closed).toBe(CloseCode.tooMany);
  });
});
