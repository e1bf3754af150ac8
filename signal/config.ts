/**
 * The server's settings, read from the environment. Each has a safe default; an empty value counts as unset. A wrong
 * one stops the start with a sentence that names it.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { StartError } from './start-error.ts';
import {
  MAX_ICE_FIELD_LENGTH,
  MAX_ICE_SERVERS,
  MAX_ORIGIN_LENGTH,
  MAX_PARCEL_LIFETIME,
  MAX_TOKEN_LENGTH,
} from './wire/limits.ts';
import { DAY } from './wire/time.ts';

/** A shorter token can be guessed in time; the start says so. */
export const GOOD_TOKEN_LENGTH = 16;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The origin people open, where it is not the address the server listens on. */
  readonly publicUrl: string | undefined;
  readonly dataDir: string;
  /** Set: a private server. */
  readonly accessToken: string | undefined;
  /** Whether the guests of a private server may invite. */
  readonly guestInvites: boolean;
  /** Further web origins that may open the WebSocket. */
  readonly allowedOrigins: readonly string[];
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly stunUrls: readonly string[];
  /** TURN servers, and the secret that they share with this one. */
  readonly relay: { readonly urls: readonly string[]; readonly secret: string } | undefined;
  /** Whether the last X-Forwarded-For address is the client's. */
  readonly trustProxy: boolean;
  /** What may be kept for people who are away; `undefined`: nothing is. */
  readonly storage: StorageQuotas | undefined;
  readonly logLevel: LogLevel;
}

export interface StorageQuotas {
  /** How long a parcel waits, in milliseconds. */
  readonly parcelLifetime: number;
  /** Bytes of parcels waiting for one person, and those of them from one sender. */
  readonly inboxBytes: number;
  readonly senderBytes: number;
  /** Bytes of one backup. */
  readonly backupBytes: number;
  /** Bytes of all together, on the disk. */
  readonly totalBytes: number;
}

const MEBIBYTE = 1024 * 1024;
/** The most that a quota can be set to: 16 TiB. */
const MAX_MEBIBYTES = 16 * 1024 * 1024;
const TURN_URL = /^turns?:[^\s/?#@]+(\?transport=(udp|tcp))?$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws StartError naming the first setting that is wrong. */
export function readConfig(env: Environment): Config {
  const setting = (name: string): string | undefined => env[name]?.trim() || undefined;
  const stunUrls = readStunUrls(list(setting('STUN_URLS')));
  return {
    host: setting('HOST') ?? '127.0.0.1',
    port: readNumber('PORT', setting('PORT') ?? '8787', 0, 65535),
    publicUrl: readPublicUrl(setting('PUBLIC_URL')),
    dataDir: setting('DATA_DIR') ?? './data',
    accessToken: readToken(setting('ACCESS_TOKEN')),
    guestInvites: readSwitch('GUEST_INVITES', setting('GUEST_INVITES')),
    allowedOrigins: list(setting('ALLOWED_ORIGINS')).map((text) => readAllowedOrigin(text)),
    tls: readTls(setting('TLS_CERT'), setting('TLS_KEY')),
    stunUrls,
    relay: readRelay(list(setting('TURN_URLS')), setting('TURN_SECRET'), stunUrls.length),
    trustProxy: readSwitch('TRUST_PROXY', setting('TRUST_PROXY')),
    storage: readStorage(setting),
    logLevel: readLogLevel(setting('LOG_LEVEL') ?? 'info'),
  };
}

/**
 * The origins a client may have dialled: PUBLIC_URL's, or else this machine's own names.
 * @param port the one the server listens on.
 */
export function ownOrigins(config: Config, port: number): readonly string[] {
  if (config.publicUrl) return [config.publicUrl];
  const scheme = config.tls ? 'https' : 'http';
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => new URL(`${scheme}://${host}:${port}`).origin);
}

function readStorage(setting: (name: string) => string | undefined): StorageQuotas | undefined {
  const bytes = (name: string, mebibytes: number): number =>
    MEBIBYTE * readNumber(name, setting(name) ?? String(mebibytes), 1, MAX_MEBIBYTES);
  const mostDays = MAX_PARCEL_LIFETIME / DAY;
  const quotas = {
    parcelLifetime: DAY * readNumber('MAILBOX_DAYS', setting('MAILBOX_DAYS') ?? String(mostDays), 1, mostDays),
    inboxBytes: bytes('MAILBOX_MB', 64),
    senderBytes: bytes('MAILBOX_SENDER_MB', 16),
    backupBytes: bytes('BACKUP_MB', 128),
    totalBytes: bytes('STORAGE_MB', 4096),
  };
  return readSwitch('MAILBOX', setting('MAILBOX') ?? 'on') ? quotas : undefined;
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new StartError(`${name} must be a number from ${least} to ${most}, not "${text}".`);
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The origin that a text spells, with or without a closing slash, or `undefined`. */
function asOrigin(text: string): string | undefined {
  if (!URL.canParse(text) || text.length > MAX_ORIGIN_LENGTH) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  return url.href === `${url.origin}/` ? url.origin : undefined;
}

function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const origin = asOrigin(text);
  if (origin) return origin;
  throw new StartError(`PUBLIC_URL must be an origin such as https://chat.example, with no path, not "${text}".`);
}

function readAllowedOrigin(text: string): string {
  const origin = asOrigin(text);
  if (origin) return origin;
  throw new StartError(`ALLOWED_ORIGINS must list origins such as https://chat.example, not "${text}".`);
}

/** Never repeats the token: the sentence ends up in logs. */
function readToken(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text.length > MAX_TOKEN_LENGTH) {
    throw new StartError(`ACCESS_TOKEN must have at most ${MAX_TOKEN_LENGTH} characters.`);
  }
  // It also travels in an HTTP header, which carries nothing else faithfully.
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new StartError('ACCESS_TOKEN may hold ASCII letters, digits and punctuation only, and no spaces.');
  }
  return text;
}

function readSwitch(name: string, text: string | undefined): boolean {
  if (text === undefined || text === 'off') return false;
  if (text === 'on') return true;
  throw new StartError(`${name} must be on or off, not "${text}".`);
}

function readTls(certPath: string | undefined, keyPath: string | undefined): Config['tls'] {
  if (certPath === undefined && keyPath === undefined) return undefined;
  if (certPath === undefined) throw new StartError('TLS_KEY is set but TLS_CERT is not: set both or neither.');
  if (keyPath === undefined) throw new StartError('TLS_CERT is set but TLS_KEY is not: set both or neither.');
  const tls = { cert: readPem('TLS_CERT', certPath), key: readPem('TLS_KEY', keyPath) };
  try {
    createSecureContext(tls);
  } catch {
    throw new StartError('TLS_CERT and TLS_KEY do not hold a PEM certificate and its private key.');
  }
  return tls;
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new StartError(`${name} names a file that cannot be read: ${path}.`);
  }
}

function readStunUrls(urls: readonly string[]): readonly string[] {
  const bad = urls.find((url) => !/^stun:[^\s/?#@]+$/.test(url) || url.length > MAX_ICE_FIELD_LENGTH);
  if (bad !== undefined) throw new StartError(`STUN_URLS must list URLs such as stun:stun.example:3478, not "${bad}".`);
  if (urls.length > MAX_ICE_SERVERS) throw new StartError(`STUN_URLS may list at most ${MAX_ICE_SERVERS} servers.`);
  return urls;
}

/** Never repeats the secret. @param stunServers how many servers clients are told of already. */
function readRelay(urls: readonly string[], secret: string | undefined, stunServers: number): Config['relay'] {
  if (urls.length === 0 && secret === undefined) return undefined;
  if (secret === undefined) throw new StartError('TURN_URLS is set but TURN_SECRET is not: set both or neither.');
  if (urls.length === 0) throw new StartError('TURN_SECRET is set but TURN_URLS is not: set both or neither.');
  const bad = urls.find((url) => !TURN_URL.test(url) || url.length > MAX_ICE_FIELD_LENGTH);
  if (bad !== undefined) throw new StartError(`TURN_URLS must list URLs such as turn:turn.example:3478, not "${bad}".`);
  if (stunServers + urls.length > MAX_ICE_SERVERS) {
    throw new StartError(`STUN_URLS and TURN_URLS may list at most ${MAX_ICE_SERVERS} servers together.`);
  }
  return { urls, secret };
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level) return level;
  throw new StartError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${text}".`);
}
