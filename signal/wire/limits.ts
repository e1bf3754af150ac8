/** Every number that a client of the signal server, or a reader of a card, can hit. Sizes are bytes, times milliseconds. */

import { DAY, HOUR, SECOND } from './time.ts';

export const WIRE_VERSION = 1;

/** A WebSocket message, either way. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/** WebSocket fragments of one message. */
export const MAX_MESSAGE_FRAGMENTS = 64;
/** A sealed signaling payload. */
export const MAX_SIGNAL_BYTES = 32 * 1024;
export const MAX_CARD_BYTES = 4096;
/** What an inviter may leave, sealed, for whoever opens the invite. */
export const MAX_INVITE_NOTE_BYTES = 1024;
export const MAX_ORIGIN_LENGTH = 256;
export const MAX_TOKEN_LENGTH = 256;
export const MAX_TICKETS = 8;
export const MIN_HANDLE_LENGTH = 2;
export const MAX_HANDLE_LENGTH = 30;
/** People in one `watch` or `unwatch` message, and those watched by one identity. */
export const MAX_WATCH_BATCH = 200;
export const MAX_WATCHED = 2000;

/** STUN and TURN servers in a `welcome`, and the length of each one's fields. */
export const MAX_ICE_SERVERS = 8;
export const MAX_ICE_FIELD_LENGTH = 512;

/** How long the credentials for TURN servers are good; newer ones come at half of it. */
export const RELAY_LIFETIME = HOUR;

/** From the opened socket to a verified login. */
export const LOGIN_DEADLINE = 10 * SECOND;
export const PING_INTERVAL = 30 * SECOND;
/** From the first byte of an HTTP request to the last of its headers; and for a TLS handshake. */
export const HEADERS_DEADLINE = 10 * SECOND;

export const MAX_CONNECTIONS_PER_ADDRESS = 64;
/** TCP connections of one address, WebSockets included, and of all together. */
export const MAX_SOCKETS_PER_ADDRESS = 256;
export const MAX_SOCKETS = 8192;
/** A message costs a point, and another for every full so many bytes of it; a ping or a pong costs a point. */
export const BYTES_PER_POINT = 2 * 1024;
/** Points of one connection in an interval, which the first message begins; so with every pair below. */
export const POINTS_PER_INTERVAL = 1000;
/** Points of all the connections of one address together. */
export const ADDRESS_POINTS_PER_INTERVAL = 8 * POINTS_PER_INTERVAL;
export const POINT_INTERVAL = 10 * SECOND;
/** Wrong tokens, tickets and signatures of one address. */
export const REFUSALS_PER_INTERVAL = 20;
export const REFUSAL_INTERVAL = 60 * SECOND;
/** HTTP look-ups (`/keys`, `/invites`) of one address. */
export const LOOKUPS_PER_INTERVAL = 300;
export const LOOKUP_INTERVAL = 60 * SECOND;
/** Identities that the server has not seen before, of one address. */
export const NEWCOMERS_PER_INTERVAL = 600;
export const NEWCOMER_INTERVAL = HOUR;
/** Claims of handles, of one address. */
export const CLAIMS_PER_INTERVAL = 20;
export const CLAIM_INTERVAL = HOUR;
/** Look-ups of handles, of one address. */
export const FINDS_PER_INTERVAL = 60;
export const FIND_INTERVAL = 60 * SECOND;
/** Bundles of prekeys handed to one address with a one-time key; beyond them, without one. */
export const PREKEYS_PER_INTERVAL = 300;
export const PREKEYS_INTERVAL = 60 * SECOND;
/** One-time keys of one person handed to one other, or to all who come by one invite. */
export const ONE_TIME_KEYS_PER_INTERVAL = 20;
export const ONE_TIME_KEYS_INTERVAL = HOUR;
/** Requests for backups, of one address. */
export const BACKUP_REQUESTS_PER_INTERVAL = 1200;
export const BACKUP_REQUEST_INTERVAL = 60 * SECOND;
/** Bytes of parcels and backups that one address leaves. */
export const STORED_BYTES_PER_INTERVAL = 2 * 1024 * 1024 * 1024;
export const STORED_INTERVAL = DAY;
/** Messages of one connection waiting to be handled; beyond them the server stops reading until they are done. */
export const MAX_QUEUED_MESSAGES = 32;
/** Bytes waiting for a client that does not read. */
export const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Bytes waiting for a client beyond which signals to it are dropped: nobody is cut off by what others send. */
export const MAX_BUFFERED_FOR_SIGNALS = MAX_BUFFERED_BYTES / 4;

/** Invites of one person that are still to be used: neither spent, nor expired, nor cancelled. */
export const MAX_LIVE_INVITES = 100;
export const MAX_INVITE_LIFETIME = 31 * DAY;

/** A message that leaves, fetches or publishes what the server keeps for someone who is away. */
export const MAX_STORAGE_MESSAGE_BYTES = 96 * 1024;
export const MAX_PARCEL_BYTES = 60 * 1024;
/** The signed part of a bundle of prekeys. */
export const MAX_BUNDLE_BYTES = 4096;
/** A one-time prekey: X25519 32, ML-KEM-768 1184. */
export const PREKEY_BYTES = 1216;
export const MAX_ONE_TIME_KEYS = 50;
/** How long a bundle is good for, at most. */
export const MAX_BUNDLE_LIFETIME = 21 * DAY;
/** How long a parcel waits, at most: its keys are kept until then. */
export const MAX_PARCEL_LIFETIME = 21 * DAY;
/** Bytes of parcels in one `parcels`; one alone may have more. */
export const MAX_PARCELS_BYTES = 60 * 1024;
/** Parcels in one `taken`, and in one `parcels`. */
export const MAX_TAKEN = 64;
/** Parcels waiting for one person, and those of them from one sender. */
export const MAX_PARCELS = 20_000;
export const MAX_PARCELS_OF_SENDER = 5000;
/** Parcels that an invite lets in, and those of them from one sender. */
export const MAX_KNOCKS = 32;
export const MAX_KNOCKS_OF_SENDER = 8;
/** People who may leave parcels for one person. */
export const MAX_SENDERS = 10_000;
/** A chunk of a backup. */
export const MAX_BACKUP_CHUNK_BYTES = 1024 * 1024;
export const MAX_BACKUP_CHUNKS = 4096;
/** From the first byte of a chunk's request to its last. */
export const UPLOAD_DEADLINE = 60 * SECOND;
/** Chunks of backups that one address may be sending or fetching at once. */
export const MAX_TRANSFERS_PER_ADDRESS = 8;
export const BACKUP_TOKEN_BYTES = 32;
/** SHA-256 of a backup's token. */
export const BACKUP_ID_BYTES = 32;

/** How long a card is kept whose owner does not come: thirteen months. */
export const CARD_RETENTION = 396 * DAY;

/** How far another's clock may be off. */
export const CLOCK_TOLERANCE = DAY;

export const FINGERPRINT_BYTES = 32;
export const CHALLENGE_BYTES = 32;
export const TICKET_BYTES = 32;
export const INVITE_ID_BYTES = 32;
/** An RSA signature: 384 bytes under a 3072-bit key, 512 under a 4096-bit one. */
export const MAX_RSA_BYTES = 512;
/** An RSA public key as SubjectPublicKeyInfo: 422 or 550 bytes. */
export const MAX_SPKI_BYTES = 550;
