/**
 * Every domain-separation label of what peers exchange and keep, once. The labels of what the server verifies stand in
 * `signal/wire/keys.ts`. No two uses of one primitive, or of one key, share a label.
 */
import { label } from '../../../signal/wire/keys.ts';

export const LABEL = {
  /** Invite: keys derived from its secret. */
  inviteTicket: label('invite-ticket'),
  inviteSignal: label('invite-signal'),
  invitePsk: label('invite-psk'),
  inviteNote: label('invite-note'),
  /** Signaling: key of a dial, its RSA label, its signature and associated data. */
  signalKey: label('signal-key'),
  signalOaep: label('signal-oaep'),
  signal: label('signal'),
  /** Handshake. */
  th1: label('th1'),
  th2: label('th2'),
  th3: label('th3'),
  handshakeResponder: label('hs-resp'),
  handshakeInitiator: label('hs-init'),
  handshakeKeyResponder: label('hk-r'),
  handshakeKeyInitiator: label('hk-i'),
  root: label('root'),
  sessionId: label('sid'),
  init: label('init'),
  ratchet: label('ratchet'),
  renewal: label('renew'),
  /** What two people compare. */
  safetyNumber: label('safety-number'),
  /** Envelope. */
  kek: label('kek'),
  oaep: label('oaep'),
  message: label('msg'),
  envelope: label('env'),
  /** Parcel. */
  parcel: label('parcel'),
  parcelId: label('parcel-id'),
  parcelIntroduction: label('parcel-intro'),
  parcelKey: label('parcel-key'),
  /** Log. */
  conversation: label('conv'),
  entry: label('entry'),
  /** At rest. */
  slot: label('slot'),
  vaultRecord: label('record'),
  vaultName: label('record-name'),
  /** Backups: what a recovery code gives, and what is sealed. */
  backupToken: label('backup-token'),
  backupSlot: label('backup-slot'),
  backupManifest: label('backup'),
  backupChunk: label('backup-chunk'),
} as const;
