import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import {
  MAX_BUNDLE_BYTES,
  MAX_CARD_BYTES,
  MAX_HANDLE_LENGTH,
  MAX_ICE_FIELD_LENGTH,
  MAX_ICE_SERVERS,
  MAX_INVITE_NOTE_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_ONE_TIME_KEYS,
  MAX_ORIGIN_LENGTH,
  MAX_PARCEL_BYTES,
  MAX_RSA_BYTES,
  MAX_SIGNAL_BYTES,
  MAX_STORAGE_MESSAGE_BYTES,
  MAX_TAKEN,
  MAX_TICKETS,
  MAX_TOKEN_LENGTH,
  MAX_WATCH_BATCH,
  PREKEY_BYTES,
} from '../../../signal/wire/limits.ts';
import {
  ClientMessage,
  decodeMessage,
  encodeMessage,
  OpenedInvite,
  ServerMessage,
} from '../../../signal/wire/messages.ts';

const of = (length: number): Bytes => new Uint8Array(length).fill(7);
const some = of(32);

const CLIENT: readonly ClientMessage[] = [
  { type: 'login', version: 1, origin: 'https://a.example', card: of(9), signature: of(384) },
  { type: 'login', version: 1, origin: '', card: of(1), signature: of(1), token: 'secret', tickets: [some, some] },
  { type: 'register', ref: 1, card: of(MAX_CARD_BYTES) },
  { type: 'lookup', ref: 2, fingerprint: some },
  { type: 'invite', ref: 3, id: some, expiry: Number.MAX_SAFE_INTEGER, note: of(0) },
  { type: 'cancel', ref: 4, id: some },
  { type: 'hide', ref: 4, id: some },
  { type: 'accept', ref: 5, id: some, guest: some, signature: of(512) },
  { type: 'claim', ref: 6, handle: 'ann', time: 5, signature: of(384) },
  { type: 'release', ref: 7, handle: 'ann-2' },
  { type: 'find', ref: 8, handle: 'a'.repeat(MAX_HANDLE_LENGTH) },
  { type: 'invite', ref: 9, id: some, expiry: 1, note: of(0), knock: true },
  {
    type: 'publish',
    ref: 10,
    bundle: of(MAX_BUNDLE_BYTES),
    keys: Array<Bytes>(MAX_ONE_TIME_KEYS).fill(of(PREKEY_BYTES)),
  },
  { type: 'publish', ref: 11, bundle: of(1), keys: [] },
  { type: 'stock', ref: 12 },
  { type: 'prekeys', ref: 13, fingerprint: some },
  { type: 'prekeys', ref: 14, fingerprint: some, ticket: some },
  { type: 'deposit', ref: 15, to: some, parcel: of(MAX_PARCEL_BYTES) },
  { type: 'deposit', ref: 16, to: some, parcel: of(1), ticket: some },
  { type: 'collect', ref: 17, after: 0 },
  { type: 'taken', ref: 18, numbers: [1, 2] },
  { type: 'senders', ref: 19, add: [some], remove: [] },
  { type: 'backup', ref: 20, id: some },
  { type: 'watch', peers: [{ fingerprint: some }, { fingerprint: some, ticket: some }] },
  { type: 'unwatch', peers: [some] },
  { type: 'signal', to: some, payload: toBase64Url(of(MAX_SIGNAL_BYTES)) },
];

const SERVER: readonly ServerMessage[] = [
  { type: 'challenge', version: 1, nonce: some },
  {
    type: 'welcome',
    role: 'owner',
    mayInvite: true,
    iceServers: [{ urls: 'stun:a.example' }, { urls: 'turns:a.example', username: 'u', credential: 'c' }],
    mailbox: true,
  },
  { type: 'ice', iceServers: [{ urls: 'turn:a.example', username: 'u', credential: 'c' }] },
  { type: 'admitted', role: 'guest', mayInvite: false },
  { type: 'done', ref: 0 },
  { type: 'refused', ref: 1, code: 'too-many' },
  { type: 'card', ref: 2, card: of(1400) },
  { type: 'card', ref: 3, card: null },
  { type: 'handle', ref: 4, claim: { card: of(1400), time: 5, signature: of(384) } },
  { type: 'handle', ref: 5, claim: null },
  { type: 'stock', ref: 6, sequence: 5, left: 50 },
  { type: 'prekeys', ref: 7, bundle: of(2000), oneTime: { index: 49, key: of(PREKEY_BYTES) } },
  { type: 'prekeys', ref: 8, bundle: null, oneTime: null },
  { type: 'parcels', ref: 9, parcels: [{ number: 1, from: some, parcel: of(MAX_PARCEL_BYTES) }], more: true },
  { type: 'mail' },
  { type: 'presence', fingerprint: some, present: false },
  { type: 'signal', from: some, payload: of(1) },
];

/** A message as JSON, with some of its fields replaced before it is written. */
const json = (message: ClientMessage | ServerMessage, changes: object = {}): string =>
  JSON.stringify({ ...(JSON.parse(encodeMessage(message)) as object), ...changes });
const client = (type: ClientMessage['type']) => CLIENT.find((message) => message.type === type)!;
const server = (type: ServerMessage['type']) => SERVER.find((message) => message.type === type)!;
const text = (length: number) => toBase64Url(of(length));

describe('a message', () => {
  it.each(CLIENT)('$type comes back from its JSON as it was', (message) => {
    expect(decodeMessage(ClientMessage, encodeMessage(message))).toEqual(message);
  });

  it.each(SERVER)('$type comes back from its JSON as it was', (message) => {
    expect(decodeMessage(ServerMessage, encodeMessage(message))).toEqual(message);
  });

  it('covers every type of both schemas', () => {
    const types = (messages: readonly { type: string }[]) => [...new Set(messages.map(({ type }) => type))].sort();
    const known = (schema: typeof ClientMessage | typeof ServerMessage) =>
      schema.options.map((option) => option.entries.type.literal).sort();
    expect(types(CLIENT)).toEqual(known(ClientMessage));
    expect(types(SERVER)).toEqual(known(ServerMessage));
  });

  it('of one end means nothing at the other', () => {
    for (const message of CLIENT) expect(decodeMessage(ServerMessage, encodeMessage(message))).toBeUndefined();
    for (const message of SERVER.filter(({ type }) => type !== 'signal')) {
      expect(decodeMessage(ClientMessage, encodeMessage(message))).toBeUndefined();
    }
  });

  it('about an opened invite comes back as it was', () => {
    for (const usedBy of [some, null]) {
      const invite = { inviter: some, expiry: 5, note: of(40), usedBy, knock: true };
      expect(decodeMessage(OpenedInvite, encodeMessage(invite))).toEqual(invite);
    }
  });
});

describe('a limit holds', () => {
  it.each([
    ['origin', (n: number) => json(client('login'), { origin: 'o'.repeat(n) }), MAX_ORIGIN_LENGTH],
    ['token', (n: number) => json(client('login'), { token: 't'.repeat(n) }), MAX_TOKEN_LENGTH],
    ['tickets', (n: number) => json(client('login'), { tickets: Array(n).fill(text(32)) }), MAX_TICKETS],
    ['login card', (n: number) => json(client('login'), { card: text(n) }), MAX_CARD_BYTES],
    ['signature', (n: number) => json(client('accept'), { signature: text(n) }), MAX_RSA_BYTES],
    ['handle', (n: number) => json(client('find'), { handle: 'a'.repeat(n) }), MAX_HANDLE_LENGTH],
    ['claim signature', (n: number) => json(client('claim'), { signature: text(n) }), MAX_RSA_BYTES],
    ['registered card', (n: number) => json(client('register'), { card: text(n) }), MAX_CARD_BYTES],
    ['note', (n: number) => json(client('invite'), { note: text(n) }), MAX_INVITE_NOTE_BYTES],
    ['payload', (n: number) => json(client('signal'), { payload: text(n) }), MAX_SIGNAL_BYTES],
    [
      'watch',
      (n: number) => json(client('watch'), { peers: Array(n).fill({ fingerprint: text(32) }) }),
      MAX_WATCH_BATCH,
    ],
    ['bundle', (n: number) => json(client('publish'), { bundle: text(n) }), MAX_BUNDLE_BYTES],
    [
      'one-time keys',
      (n: number) => json(client('publish'), { bundle: text(9), keys: Array(n).fill(text(PREKEY_BYTES)) }),
      MAX_ONE_TIME_KEYS,
    ],
    ['parcel', (n: number) => json(client('deposit'), { parcel: text(n) }), MAX_PARCEL_BYTES],
    ['taken', (n: number) => json(client('taken'), { numbers: Array(n).fill(1) }), MAX_TAKEN],
    ['senders', (n: number) => json(client('senders'), { add: Array(n).fill(text(32)) }), MAX_WATCH_BATCH],
    ['senders removed', (n: number) => json(client('senders'), { remove: Array(n).fill(text(32)) }), MAX_WATCH_BATCH],
    ['unwatch', (n: number) => json(client('unwatch'), { peers: Array(n).fill(text(32)) }), MAX_WATCH_BATCH],
  ])('%s: one below, at, and not one above', (_, make, limit) => {
    expect(decodeMessage(ClientMessage, make(limit - 1))).toBeDefined();
    expect(decodeMessage(ClientMessage, make(limit))).toBeDefined();
    expect(decodeMessage(ClientMessage, make(limit + 1))).toBeUndefined();
  });

  it.each([
    ['ICE servers', (n: number) => ({ iceServers: Array(n).fill({ urls: 'stun:a' }) }), MAX_ICE_SERVERS],
    ['ICE address', (n: number) => ({ iceServers: [{ urls: 'stun:'.padEnd(n, 'a') }] }), MAX_ICE_FIELD_LENGTH],
    ['ICE user', (n: number) => ({ iceServers: [{ urls: 'turn:a', username: 'u'.repeat(n) }] }), MAX_ICE_FIELD_LENGTH],
  ])('%s: one below, at, and not one above', (_, change, limit) => {
    const decode = (n: number) => decodeMessage(ServerMessage, json(server('welcome'), change(n)));
    expect(decode(limit - 1)).toBeDefined();
    expect(decode(limit)).toBeDefined();
    expect(decode(limit + 1)).toBeUndefined();
  });

  it.each([31, 33, 0])('a fingerprint of %i bytes is none', (length) => {
    expect(decodeMessage(ClientMessage, json(client('lookup'), { fingerprint: text(length) }))).toBeUndefined();
  });

  it('a message is read at its largest size, and not at one more', () => {
    const message = json(client('cancel'));
    expect(decodeMessage(ClientMessage, message.padEnd(MAX_STORAGE_MESSAGE_BYTES, ' '))).toBeDefined();
    expect(decodeMessage(ClientMessage, message.padEnd(MAX_STORAGE_MESSAGE_BYTES + 1, ' '))).toBeUndefined();
  });
});

describe('what is not a message', () => {
  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['an unknown type', '{"type":"shutdown"}'],
    ['a type that objects inherit', '{"type":"constructor"}'],
    ['a type that is no text', '{"type":["login"]}'],
    ['a field too many', json(client('cancel'), { extra: 1 })],
    ['a field too few', json(client('cancel'), { id: undefined })],
    ['a number as text', json(client('cancel'), { ref: '1' })],
    ['a fraction', json(client('cancel'), { ref: 1.5 })],
    ['a negative number', json(client('cancel'), { ref: -1 })],
    ['an unsafe number', json(client('cancel'), { ref: 2 ** 53 })],
    ['infinity', json(client('cancel')).replace('"ref":4', '"ref":1e999')],
    ['bytes as a list', json(client('cancel'), { id: Array(32).fill(7) })],
    ['bytes as an object', json(client('cancel'), { id: { length: 43 } })],
    ['padded base64', json(client('cancel'), { id: text(32) + '=' })],
    ['a payload padded', json(client('signal'), { payload: text(32) + '=' })],
    ['a payload in another form', json(client('signal'), { payload: text(32).slice(0, -1) + 'd' })],
    ['an empty payload', json(client('signal'), { payload: '' })],
    ['base64 in another form', json(client('cancel'), { id: text(32).slice(0, -1) + 'd' })],
    ['peers as an object', json(client('watch'), { peers: { length: 0 } })],
    ['a handle of other letters', json(client('claim'), { handle: 'Ann' })],
    ['a handle that is no text', json(client('find'), { handle: ['ann'] })],
    ['a null ticket', json(client('watch'), { peers: [{ fingerprint: text(32), ticket: null }] })],
  ])('is refused: %s', (_, message) => {
    expect(decodeMessage(ClientMessage, message)).toBeUndefined();
  });

  it.each([
    ['an unknown role', json(server('welcome'), { role: 'root' })],
    ['an unknown code', json(server('refused'), { code: 'toString' })],
    ['a web address among the ICE servers', json(server('welcome'), { iceServers: [{ urls: 'https://a.example' }] })],
    ['a script among the ICE servers', json(server('welcome'), { iceServers: [{ urls: 'javascript:alert(1)' }] })],
  ])('is refused: %s', (_, message) => {
    expect(decodeMessage(ServerMessage, message)).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'is refused for a field called %s, and leaves prototypes clean (fault 18)',
    (name) => {
      const body = json(client('cancel')).slice(0, -1);
      expect(decodeMessage(ClientMessage, `${body},"${name}":{"polluted":true}}`)).toBeUndefined();
      const peer = `{"fingerprint":"${text(32)}","${name}":{"polluted":true}}`;
      expect(decodeMessage(ClientMessage, `{"type":"watch","peers":[${peer}]}`)).toBeUndefined();
      expect('polluted' in {}).toBe(false);
    },
  );

  it('is refused if its fields hide in __proto__ (fault 18)', () => {
    const hidden = `{"__proto__":${json(client('cancel'))}}`;
    expect(decodeMessage(ClientMessage, hidden)).toBeUndefined();
  });

  it('is refused however deeply it is nested (fault 18)', () => {
    const depth = MAX_MESSAGE_BYTES / 2 - 64;
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    expect(decodeMessage(ClientMessage, deep)).toBeUndefined();
    expect(decodeMessage(ClientMessage, `{"type":"watch","peers":${deep}}`)).toBeUndefined();
    expect(decodeMessage(ClientMessage, '{"peers":'.repeat(7000) + '0' + '}'.repeat(7000))).toBeUndefined();
  });

  it.each([
    ['origin', json(client('login')).replace('https://a.example', '\\ud800')],
    ['token', json(client('login'), { token: 't' }).replace('"t"', '"\\udfff"')],
  ])('is refused for a lone surrogate in its %s', (_, message) => {
    expect(decodeMessage(ClientMessage, message)).toBeUndefined();
  });

  it('never makes its reader throw, whatever the JSON (fault 18)', () => {
    const keys = fc.constantFrom('type', 'ref', 'id', 'peers', 'payload', 'to', '__proto__', 'card', 'version');
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(text(32), 'login', 'watch', 'signal', 'cancel'),
    );
    const input = fc.oneof(
      fc.dictionary(keys, values, { maxKeys: 6 }).map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    fc.assert(
      fc.property(input, (message) => {
        for (const schema of [ClientMessage, ServerMessage]) {
          const decoded = decodeMessage(schema, message);
          if (decoded) expect(decodeMessage(schema, encodeMessage(decoded))).toEqual(decoded);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });
});
