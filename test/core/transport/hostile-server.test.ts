/** What a hostile server may say in a welcome: no address but those of STUN and TURN servers is ever handed on. */
import { describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../signal/wire/bytes.ts';
import { watchedClient } from '../../parts/fake-server.ts';

const challenge = { type: 'challenge', version: 1, nonce: toBase64Url(new Uint8Array(32)) };
const welcome = (iceServers: string) =>
  `{"type":"welcome","role":"anyone","mayInvite":true,"iceServers":${iceServers},"mailbox":false}`;

/** Lets a server say this in the place of its welcome. @returns what the client then has */
async function welcomedBy(text: string) {
  const { client, caller, state } = await watchedClient();
  client.connect();
  const server = await caller();
  expect(await state()).toBe('connecting');
  server.says(challenge);
  await server.hears();
  server.saysRaw(text);
  return { state: await state(), iceServers: client.iceServers, role: client.role };
}

describe('a welcome', () => {
  it('that names STUN and TURN servers is taken', async () => {
    const named = '[{"urls":"stun:a.example"},{"urls":"turn:b.example?transport=tcp","username":"u","credential":"c"}]';
    const { state, iceServers } = await welcomedBy(welcome(named));
    expect([state, iceServers]).toEqual(['connected', JSON.parse(named)]);
  });

  it.each([
    ['a web address', '[{"urls":"https://a.example"}]'],
    ['a socket', '[{"urls":"wss://a.example"}]'],
    ['a script', '[{"urls":"javascript:alert(1)"}]'],
    ['a file', '[{"urls":"file:///etc/passwd"}]'],
    ['a document of data', '[{"urls":"data:text/html,x"}]'],
    ['nothing before the colon', '[{"urls":":a.example"}]'],
    ['nothing', '[{"urls":""}]'],
    ['a space before the scheme', '[{"urls":" stun:a.example"}]'],
    ['a line before the scheme', '[{"urls":"https://a.example\\nstun:a.example"}]'],
    ['other letters of the scheme', '[{"urls":"STUN:a.example"}]'],
    ['a list of addresses', '[{"urls":["stun:a.example","https://a.example"]}]'],
    ['an address that is no text', '[{"urls":{"toString":"stun:a.example"}}]'],
    ['an address hidden in a prototype', '[{"__proto__":{"urls":"stun:a.example"}}]'],
    ['more than it may', '[{"urls":"stun:a.example","credentialType":"oauth"}]'],
    ['a lone surrogate', '[{"urls":"stun:\\ud800"}]'],
    ['one bad server among good ones', '[{"urls":"stun:a.example"},{"urls":"http://a.example"}]'],
    ['no list', '{"0":{"urls":"stun:a.example"},"length":1}'],
    ['too many', JSON.stringify(Array(9).fill({ urls: 'stun:a.example' }))],
    ['lists in lists', '['.repeat(20_000) + ']'.repeat(20_000)],
  ])('that names %s is no welcome: the client leaves', async (_, iceServers) => {
    expect(await welcomedBy(welcome(iceServers))).toEqual({ state: 'connecting', iceServers: [], role: undefined });
    expect('urls' in {}).toBe(false);
  });

  it('that names bad ones after a good one does not change what was named before', async () => {
    const { client, caller, state } = await watchedClient();
    client.connect();
    const server = await caller();
    await state();
    await server.welcomes();
    expect(await state()).toBe('connected');
    const before = client.iceServers;
    server.saysRaw(welcome('[{"urls":"https://a.example"}]'));
    await server.closed;
    await vi.waitFor(() => expect(client.state).toBe('connecting'));
    expect(client.iceServers).toBe(before);
  });
});
