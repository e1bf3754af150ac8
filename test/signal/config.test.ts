import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownOrigins, readConfig } from '../../signal/config.ts';
import { StartError } from '../../signal/start-error.ts';
import { MAX_ICE_SERVERS, MAX_TOKEN_LENGTH } from '../../signal/wire/limits.ts';
import { DAY, temporaryFolder } from './client.ts';

const MEBIBYTE = 1024 * 1024;

function sentenceFor(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as Error).message;
  }
  throw new Error(`accepted: ${JSON.stringify(env)}`);
}

test('every setting has a safe default, and an empty one is unset', () => {
  const defaults = {
    host: '127.0.0.1',
    port: 8787,
    publicUrl: undefined,
    dataDir: './data',
    accessToken: undefined,
    guestInvites: false,
    allowedOrigins: [],
    tls: undefined,
    stunUrls: [],
    relay: undefined,
    trustProxy: false,
    storage: {
      parcelLifetime: 21 * DAY,
      inboxBytes: 64 * MEBIBYTE,
      senderBytes: 16 * MEBIBYTE,
      backupBytes: 128 * MEBIBYTE,
      totalBytes: 4096 * MEBIBYTE,
    },
    logLevel: 'info',
  };
  expect(readConfig({})).toEqual(defaults);
  const names = ['HOST', 'PORT', 'PUBLIC_URL', 'DATA_DIR', 'ACCESS_TOKEN', 'GUEST_INVITES', 'ALLOWED_ORIGINS'];
  const more = ['TLS_CERT', 'TLS_KEY', 'STUN_URLS', 'TURN_URLS', 'TURN_SECRET', 'TRUST_PROXY', 'LOG_LEVEL'];
  const storage = ['MAILBOX', 'MAILBOX_DAYS', 'MAILBOX_MB', 'MAILBOX_SENDER_MB', 'BACKUP_MB', 'STORAGE_MB'];
  expect(readConfig(Object.fromEntries([...names, ...more, ...storage].map((name) => [name, ' '])))).toEqual(defaults);
});

test('every setting is read', () => {
  const config = readConfig({
    HOST: '0.0.0.0',
    PORT: '0',
    PUBLIC_URL: 'https://chat.example/',
    DATA_DIR: '/var/lib/sotto',
    ACCESS_TOKEN: 'sixteen-or-more.',
    GUEST_INVITES: 'on',
    ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080/,',
    STUN_URLS: 'stun:a.example,stun:b.example:3478',
    TURN_URLS: 'turn:a.example, turns:a.example:5349?transport=tcp',
    TURN_SECRET: 'shared',
    TRUST_PROXY: 'on',
    MAILBOX: 'on',
    MAILBOX_DAYS: '7',
    MAILBOX_MB: '5',
    MAILBOX_SENDER_MB: '4',
    BACKUP_MB: '3',
    STORAGE_MB: '100',
    LOG_LEVEL: 'debug',
  });
  expect(config).toEqual({
    host: '0.0.0.0',
    port: 0,
    publicUrl: 'https://chat.example',
    dataDir: '/var/lib/sotto',
    accessToken: 'sixteen-or-more.',
    guestInvites: true,
    allowedOrigins: ['https://a.example', 'http://b.example:8080'],
    tls: undefined,
    stunUrls: ['stun:a.example', 'stun:b.example:3478'],
    relay: { urls: ['turn:a.example', 'turns:a.example:5349?transport=tcp'], secret: 'shared' },
    trustProxy: true,
    storage: {
      parcelLifetime: 7 * DAY,
      inboxBytes: 5 * MEBIBYTE,
      senderBytes: 4 * MEBIBYTE,
      backupBytes: 3 * MEBIBYTE,
      totalBytes: 100 * MEBIBYTE,
    },
    logLevel: 'debug',
  });
  expect(readConfig({ MAILBOX: 'off', MAILBOX_DAYS: '7' }).storage).toBeUndefined();
});

describe('a wrong setting is named in a sentence', () => {
  test.each([
    ['PORT', '65536', 'PORT must be a number from 0 to 65535, not "65536".'],
    ['PORT', '-1', 'PORT must be a number from 0 to 65535, not "-1".'],
    ['PORT', 'http', 'PORT must be a number from 0 to 65535, not "http".'],
    ['PORT', '80.5', 'PORT must be a number from 0 to 65535, not "80.5".'],
    [
      'PUBLIC_URL',
      'chat.example',
      /^PUBLIC_URL must be an origin such as https:\/\/chat.example, .* "chat.example"\.$/,
    ],
    ['PUBLIC_URL', 'https://chat.example/path', /^PUBLIC_URL /],
    ['PUBLIC_URL', 'https://chat.example/?q', /^PUBLIC_URL /],
    ['PUBLIC_URL', 'https://chat.example/#h', /^PUBLIC_URL /],
    ['PUBLIC_URL', 'https://user@chat.example', /^PUBLIC_URL /],
    ['PUBLIC_URL', 'ws://chat.example', /^PUBLIC_URL /],
    ['PUBLIC_URL', 'javascript:alert(1)', /^PUBLIC_URL /],
    [
      'ALLOWED_ORIGINS',
      'https://a.example,null',
      'ALLOWED_ORIGINS must list origins such as https://chat.example, not "null".',
    ],
    ['ALLOWED_ORIGINS', '*', /^ALLOWED_ORIGINS .*"\*"\.$/],
    ['ALLOWED_ORIGINS', 'https://*.example/x', /^ALLOWED_ORIGINS /],
    ['ACCESS_TOKEN', 'x'.repeat(MAX_TOKEN_LENGTH + 1), 'ACCESS_TOKEN must have at most 256 characters.'],
    ['ACCESS_TOKEN', 'a token with spaces', /^ACCESS_TOKEN may hold ASCII/],
    ['ACCESS_TOKEN', 'schlüssel-zum-haus', /^ACCESS_TOKEN may hold ASCII/],
    ['GUEST_INVITES', 'yes', 'GUEST_INVITES must be on or off, not "yes".'],
    ['TRUST_PROXY', '1', 'TRUST_PROXY must be on or off, not "1".'],
    ['MAILBOX', 'no', 'MAILBOX must be on or off, not "no".'],
    ['MAILBOX_DAYS', '0', 'MAILBOX_DAYS must be a number from 1 to 21, not "0".'],
    ['MAILBOX_DAYS', '22', 'MAILBOX_DAYS must be a number from 1 to 21, not "22".'],
    ['MAILBOX_MB', '0', 'MAILBOX_MB must be a number from 1 to 16777216, not "0".'],
    ['MAILBOX_SENDER_MB', '1.5', 'MAILBOX_SENDER_MB must be a number from 1 to 16777216, not "1.5".'],
    ['BACKUP_MB', '16777217', 'BACKUP_MB must be a number from 1 to 16777216, not "16777217".'],
    ['STORAGE_MB', '4G', 'STORAGE_MB must be a number from 1 to 16777216, not "4G".'],
    ['STUN_URLS', 'stun.example:3478', /^STUN_URLS must list URLs such as stun:.*"stun.example:3478"\.$/],
    ['STUN_URLS', 'turn:turn.example', /^STUN_URLS must /],
    [
      'STUN_URLS',
      Array(MAX_ICE_SERVERS + 1)
        .fill('stun:a')
        .join(),
      'STUN_URLS may list at most 8 servers.',
    ],
    ['TURN_URLS', 'turn:a.example', 'TURN_URLS is set but TURN_SECRET is not: set both or neither.'],
    ['TURN_SECRET', 'shared', 'TURN_SECRET is set but TURN_URLS is not: set both or neither.'],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL must be one of trace, debug, .* not "loud"\.$/],
    ['TLS_CERT', '/no/such/file', 'TLS_CERT is set but TLS_KEY is not: set both or neither.'],
    ['TLS_KEY', '/no/such/file', 'TLS_KEY is set but TLS_CERT is not: set both or neither.'],
  ])('%s=%s', (name, value, sentence) => {
    expect(sentenceFor({ [name]: value })).toEqual(
      typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    );
  });

  test('a relay that is none, or one too many, without repeating the secret', () => {
    const relay = (TURN_URLS: string, more = {}) => sentenceFor({ TURN_URLS, TURN_SECRET: 'shared', ...more });
    expect(relay('turn.example')).toMatch(/^TURN_URLS must list URLs such as turn:.*"turn.example"\.$/);
    expect(relay('turn:a.example?transport=sctp')).toMatch(/^TURN_URLS must list URLs such as turn:/);
    expect(relay('turn:a', { STUN_URLS: Array(MAX_ICE_SERVERS).fill('stun:a').join() })).toBe(
      'STUN_URLS and TURN_URLS may list at most 8 servers together.',
    );
  });

  test('a certificate that cannot be read, or is none', () => {
    const path = join(temporaryFolder(), 'cert.pem');
    writeFileSync(path, 'no certificate');
    expect(sentenceFor({ TLS_CERT: `${path}.missing`, TLS_KEY: path })).toMatch(/^TLS_CERT names a file/);
    expect(sentenceFor({ TLS_CERT: path, TLS_KEY: `${path}.missing` })).toMatch(/^TLS_KEY names a file/);
    expect(sentenceFor({ TLS_CERT: path, TLS_KEY: path })).toMatch(/^TLS_CERT and TLS_KEY do not hold/);
  });

  test('the sentence about a token does not repeat it', () => {
    expect(sentenceFor({ ACCESS_TOKEN: 'secret words!' })).not.toContain('secret');
  });
});

test('tokens and lists may be as large as their limits', () => {
  expect(readConfig({ ACCESS_TOKEN: 'x' }).accessToken).toBe('x');
  expect(readConfig({ ACCESS_TOKEN: 'x'.repeat(MAX_TOKEN_LENGTH) }).accessToken).toHaveLength(MAX_TOKEN_LENGTH);
  expect(readConfig({ STUN_URLS: Array(MAX_ICE_SERVERS).fill('stun:a').join() }).stunUrls).toHaveLength(
    MAX_ICE_SERVERS,
  );
});

test("without PUBLIC_URL, the server's own origins are this machine's names, a default port unspoken", () => {
  expect(ownOrigins(readConfig({}), 8787)).toEqual([
    'http://localhost:8787',
    'http://127.0.0.1:8787',
    'http://[::1]:8787',
  ]);
  expect(ownOrigins(readConfig({}), 80)[0]).toBe('http://localhost');
  expect(ownOrigins(readConfig({ PUBLIC_URL: 'https://chat.example' }), 8787)).toEqual(['https://chat.example']);
});
