import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Client, person, startServer, temporaryFolder } from './client.ts';

/** Made for this test, and good for nothing else. */
const CERT = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUTqITV13tfrv/dWwCWvyswq5MbicwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIxMTYxOVoYDzIxMjYxMDI4
MjExNjE5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARyHFa3onnXabQdfLOlJDa8AQupK98Br5aIiY++DjwhhDab1EaSxGIk
CBEhZJI2ecx22ClUfzwFjmRBRzI/wbXJo1MwUTAdBgNVHQ4EFgQUo6q7etUjfQK/
ziB1nP2/W1d8um0wHwYDVR0jBBgwFoAUo6q7etUjfQK/ziB1nP2/W1d8um0wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiArkFJVrKr/AVGno6L2tnle
5XcOZRVTP6X5XAWeQQQZBgIhANnbMhikNmtpIKLltl6XtcjxjhHEW+36xy3xUsSd
KERB
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCJlOnsAevK55rm3i
DGBy13VtQuDEWrtBioLDdx3X2X+hRANCAARyHFa3onnXabQdfLOlJDa8AQupK98B
r5aIiY++DjwhhDab1EaSxGIkCBEhZJI2ecx22ClUfzwFjmRBRzI/wbXJ
-----END PRIVATE KEY-----
`;

function makeCertificate() {
  const folder = temporaryFolder();
  const paths = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') };
  writeFileSync(paths.TLS_CERT, CERT);
  writeFileSync(paths.TLS_KEY, KEY);
  return paths;
}

test('with a certificate the server speaks https and wss, and browsers shall insist on it', async () => {
  const { origin } = await startServer(makeCertificate());
  expect(origin).toMatch(/^https:\/\/localhost:\d+$/);

  const answer = await new Promise<IncomingMessage>((resolve) => {
    get(`${origin}/health`, { rejectUnauthorized: false }, resolve);
  });
  answer.resume();
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');

  const client = await Client.connect(origin, { rejectUnauthorized: false, headers: { Origin: origin } });
  await client.login(await person('ann'));
  await client.take('welcome');
});

test('whoever begins no handshake is hung up on in time', async () => {
  const { port } = await startServer(makeCertificate(), { timing: { headersDeadline: 200 } });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
}, 5000);
