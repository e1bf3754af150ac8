/**
 * What the signal server and its clients say to each other: JSON in text frames, one schema for both ends.
 * Bytes travel as unpadded base64url. `signal/PROTOCOL.md` says what each message means.
 */
import * as v from 'valibot';
import { base64UrlLength, fromBase64Url, toBase64Url, type Bytes } from './bytes.ts';
import { isHandle } from './handle.ts';
import {
  BACKUP_ID_BYTES,
  CHALLENGE_BYTES,
  FINGERPRINT_BYTES,
  INVITE_ID_BYTES,
  MAX_BUNDLE_BYTES,
  MAX_CARD_BYTES,
  MAX_ICE_FIELD_LENGTH,
  MAX_ICE_SERVERS,
  MAX_INVITE_NOTE_BYTES,
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
  TICKET_BYTES,
} from './limits.ts';

/** A base64url string of `min` to `max` bytes, decoded. */
const bytes = (min: number, max: number = min) =>
  v.pipe(
    v.string(),
    v.maxLength(Math.ceil((max * 4) / 3)),
    v.rawTransform<string, Bytes>(({ dataset, addIssue, NEVER }) => {
      const decoded = fromBase64Url(dataset.value);
      if (decoded && decoded.length >= min && decoded.length <= max) return decoded;
      addIssue();
      return NEVER;
    }),
  );

/** The same, checked as strictly but left as it is: what the server hands on without looking inside. */
const bytesAsText = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.maxLength(Math.ceil((max * 4) / 3)),
    v.check((text) => {
      const length = base64UrlLength(text);
      return length !== undefined && length >= min && length <= max;
    }),
  );

/** A well-formed text of at most `max` UTF-16 units: a lone surrogate would not survive UTF-8. */
const text = (max: number) => v.pipe(v.string(), v.maxLength(max), v.regex(/^\P{Surrogate}*$/u));

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const fingerprint = bytes(FINGERPRINT_BYTES);
const inviteId = bytes(INVITE_ID_BYTES);
const ticket = bytes(TICKET_BYTES);
const card = bytes(1, MAX_CARD_BYTES);
const signature = bytes(1, MAX_RSA_BYTES);
const note = bytes(0, MAX_INVITE_NOTE_BYTES);
const handle = v.pipe(v.string(), v.check(isHandle));
const bundle = bytes(1, MAX_BUNDLE_BYTES);
const parcel = bytes(1, MAX_PARCEL_BYTES);
/** A one-time prekey's public half. */
const prekey = bytes(PREKEY_BYTES);
/** Of a parcel in the inbox of whoever it is for: later ones have higher numbers. */
const number = natural;
/** Chosen by the client; the answer repeats it. */
const ref = natural;

export const ClientMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('login'),
    version: natural,
    /** The origin the client dialled, as the browser writes it. */
    origin: text(MAX_ORIGIN_LENGTH),
    card,
    /** By the card's signing key, under "sotto/1/login\0", over origin, nonce and fingerprint. */
    signature,
    token: v.optional(text(MAX_TOKEN_LENGTH)),
    tickets: v.optional(v.pipe(v.array(ticket), v.maxLength(MAX_TICKETS))),
  }),
  v.strictObject({ type: v.literal('register'), ref, card }),
  v.strictObject({ type: v.literal('lookup'), ref, fingerprint }),
  v.strictObject({
    type: v.literal('invite'),
    ref,
    id: inviteId,
    expiry: natural,
    note,
    knock: v.optional(v.boolean()),
  }),
  v.strictObject({ type: v.literal('cancel'), ref, id: inviteId }),
  v.strictObject({ type: v.literal('hide'), ref, id: inviteId }),
  /** The signature is under "sotto/1/accept\0", over invite id, inviter and guest. */
  v.strictObject({ type: v.literal('accept'), ref, id: inviteId, guest: fingerprint, signature }),
  /** The signature is under "sotto/1/handle\0", over origin, handle, fingerprint and time. */
  v.strictObject({ type: v.literal('claim'), ref, handle, time: natural, signature }),
  v.strictObject({ type: v.literal('release'), ref, handle }),
  v.strictObject({ type: v.literal('find'), ref, handle }),
  /** A bundle of prekeys in the place of the one before, and the one-time keys whose hashes it signs. */
  v.strictObject({
    type: v.literal('publish'),
    ref,
    bundle,
    keys: v.pipe(v.array(prekey), v.maxLength(MAX_ONE_TIME_KEYS)),
  }),
  v.strictObject({ type: v.literal('stock'), ref }),
  v.strictObject({ type: v.literal('prekeys'), ref, fingerprint, ticket: v.optional(ticket) }),
  v.strictObject({ type: v.literal('deposit'), ref, to: fingerprint, parcel, ticket: v.optional(ticket) }),
  v.strictObject({ type: v.literal('collect'), ref, after: natural }),
  v.strictObject({ type: v.literal('taken'), ref, numbers: v.pipe(v.array(number), v.maxLength(MAX_TAKEN)) }),
  /** Who may leave parcels for us, besides those who hold an invite of ours that lets them knock. */
  v.strictObject({
    type: v.literal('senders'),
    ref,
    add: v.pipe(v.array(fingerprint), v.maxLength(MAX_WATCH_BATCH)),
    remove: v.pipe(v.array(fingerprint), v.maxLength(MAX_WATCH_BATCH)),
  }),
  /** The place of our backup: SHA-256 of the token that opens it. */
  v.strictObject({ type: v.literal('backup'), ref, id: bytes(BACKUP_ID_BYTES) }),
  v.strictObject({
    type: v.literal('watch'),
    peers: v.pipe(v.array(v.strictObject({ fingerprint, ticket: v.optional(ticket) })), v.maxLength(MAX_WATCH_BATCH)),
  }),
  v.strictObject({ type: v.literal('unwatch'), peers: v.pipe(v.array(fingerprint), v.maxLength(MAX_WATCH_BATCH)) }),
  v.strictObject({ type: v.literal('signal'), to: fingerprint, payload: bytesAsText(1, MAX_SIGNAL_BYTES) }),
]);
export type ClientMessage = v.InferOutput<typeof ClientMessage>;
export type ClientMessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>;
/** A client's message that has an answer. */
export type Request = Extract<ClientMessage, { ref: number }>;
/** One about what is kept for people who are away; a server may do without. */
export type StorageRequest = ClientMessageOf<
  'publish' | 'stock' | 'prekeys' | 'deposit' | 'collect' | 'taken' | 'senders' | 'backup'
>;
export type OrdinaryRequest = Exclude<Request, StorageRequest>;

export const Role = v.picklist(['owner', 'guest', 'visitor', 'anyone']);
/** On a private server an owner, a guest, or a visitor whose invite is not yet accepted; on an open one, anyone. */
export type Role = v.InferOutput<typeof Role>;

export const RefusalCode = v.picklist([
  'not-allowed',
  'not-found',
  'too-many',
  'bad-card',
  'bad-signature',
  'expired',
  'taken',
  'bad-bundle',
  'full',
  'failed',
]);
export type RefusalCode = v.InferOutput<typeof RefusalCode>;

const iceServer = v.strictObject({
  urls: v.pipe(text(MAX_ICE_FIELD_LENGTH), v.regex(/^(stun|turn|turns):/)),
  username: v.optional(text(MAX_ICE_FIELD_LENGTH)),
  credential: v.optional(text(MAX_ICE_FIELD_LENGTH)),
});
export type IceServer = v.InferOutput<typeof iceServer>;
const iceServers = v.pipe(v.array(iceServer), v.maxLength(MAX_ICE_SERVERS));

export const ServerMessage = v.variant('type', [
  v.strictObject({ type: v.literal('challenge'), version: natural, nonce: bytes(CHALLENGE_BYTES) }),
  v.strictObject({
    type: v.literal('welcome'),
    role: Role,
    mayInvite: v.boolean(),
    iceServers,
    /** Whether it keeps parcels and backups. */
    mailbox: v.boolean(),
  }),
  /** Newer credentials. */
  v.strictObject({ type: v.literal('ice'), iceServers }),
  /** A visitor has become a guest. */
  v.strictObject({ type: v.literal('admitted'), role: Role, mayInvite: v.boolean() }),
  v.strictObject({ type: v.literal('done'), ref }),
  v.strictObject({ type: v.literal('refused'), ref, code: RefusalCode }),
  v.strictObject({ type: v.literal('card'), ref, card: v.nullable(card) }),
  /** Who has claimed the handle: their card, and the claim as they signed it. */
  v.strictObject({
    type: v.literal('handle'),
    ref,
    claim: v.nullable(v.strictObject({ card, time: natural, signature })),
  }),
  /** How many one-time keys are left of the bundle of this sequence; 0 and 0 without a bundle. */
  v.strictObject({ type: v.literal('stock'), ref, sequence: natural, left: natural }),
  v.strictObject({
    type: v.literal('prekeys'),
    ref,
    bundle: v.nullable(bundle),
    /** `null` if none is left, or none is given to us. */
    oneTime: v.nullable(v.strictObject({ index: natural, key: prekey })),
  }),
  v.strictObject({
    type: v.literal('parcels'),
    ref,
    parcels: v.array(v.strictObject({ number, from: fingerprint, parcel })),
    /** Whether there are further ones behind these. */
    more: v.boolean(),
  }),
  /** There is a parcel for us that was not there before. */
  v.strictObject({ type: v.literal('mail') }),
  v.strictObject({ type: v.literal('presence'), fingerprint, present: v.boolean() }),
  v.strictObject({ type: v.literal('signal'), from: fingerprint, payload: bytes(1, MAX_SIGNAL_BYTES) }),
]);
export type ServerMessage = v.InferOutput<typeof ServerMessage>;
/** A `signal` as the server writes it: with the payload as the sender wrote it. */
export interface RelayedSignal {
  readonly type: 'signal';
  readonly from: Bytes;
  readonly payload: string;
}
export type ServerMessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;
/** The answer to the request of the same `ref`. */
export type Answer = Extract<ServerMessage, { ref: number }>;

/** The answer to `GET /invites` with an `Authorization: Invite <ticket>` header. */
export const OpenedInvite = v.strictObject({
  inviter: fingerprint,
  expiry: natural,
  note,
  /** Who spent it, if anyone has. */
  usedBy: v.nullable(fingerprint),
  /** Whether one may come in by it while its maker is away. */
  knock: v.boolean(),
});
export type OpenedInvite = v.InferOutput<typeof OpenedInvite>;

/** Whether a text is the origin of a web page, and nothing else. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** The answer to `GET /health`. */
export const Health = v.object({
  status: v.literal('ok'),
  version: v.string(),
  access: v.picklist(['open', 'private']),
  /** The addresses at which it lets people sign in, the first one best. */
  origins: v.pipe(v.array(v.pipe(text(MAX_ORIGIN_LENGTH), v.check(isOrigin))), v.minLength(1), v.maxLength(8)),
});
export type Health = v.InferOutput<typeof Health>;

/** The JSON text of a message; bytes become base64url. */
export function encodeMessage(message: ClientMessage | ServerMessage | RelayedSignal | OpenedInvite): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Uint8Array ? toBase64Url(Uint8Array.from(value)) : value,
  );
}

/** Reads untrusted JSON by a schema. @returns the value, or `undefined` for anything the schema does not name. */
export function decodeMessage<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  if (text.length > MAX_STORAGE_MESSAGE_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  return result.success ? result.output : undefined;
}
