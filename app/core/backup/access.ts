/**
 * Who may use a backup: whoever has the recovery code. Its 16 bytes give the token that the server asks for, and open the
 * random key that everything is sealed under. The device keeps what it needs to go on without the code.
 *
 *     token   HKDF(secret, 0^32, "backup-token", 32); the server knows SHA-256 of it
 *     slot    AES-KW(HKDF(secret, 0^32, "backup-slot", 32), backup key) 40
 *     record  version u8 = 1 | flags u8 (1 automatic) | token 32 | backup key 32 | slot 40        at `backup/access`
 */
import { ByteReader, concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { BACKUP_TOKEN_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import { unwrapKey, wrapKey, WRAPPED_KEY_BYTES } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';

const VERSION = 1;
const AUTOMATIC = 1;
const KEY_BYTES = 32;
const NO_SALT: Bytes = new Uint8Array(32);
/** The backup key, sealed for the recovery code. */
export const RECOVERY_SLOT_BYTES = WRAPPED_KEY_BYTES;
export const ACCESS_PLACE = 'backup/access';

export interface Access {
  /** Backs up by itself. */
  readonly automatic: boolean;
  readonly token: Bytes;
  readonly key: Bytes;
  readonly slot: Bytes;
}

/** The token of a recovery code's backup. */
export function backupToken(secret: Bytes): Promise<Bytes> {
  return hkdf(secret, NO_SALT, LABEL.backupToken, BACKUP_TOKEN_BYTES);
}

/** The id of a token's backup on a server, 32 bytes. */
export function backupId(token: Bytes): Promise<Bytes> {
  return sha256(token);
}

/** Begins a backup that a recovery code opens, under a key of its own. */
export async function newAccess(secret: Bytes): Promise<Access> {
  const key = randomBytes(KEY_BYTES);
  const kek = await slotKek(secret);
  const slot = await wrapKey(kek, key);
  wipe(kek);
  return { automatic: false, token: await backupToken(secret), key, slot };
}

/** Opens a slot by the recovery code. @returns `undefined` if it is another code's */
export async function openAccess(secret: Bytes, slot: Bytes): Promise<Access | undefined> {
  const kek = await slotKek(secret);
  const key = await unwrapKey(kek, slot);
  wipe(kek);
  return key && { automatic: false, token: await backupToken(secret), key, slot };
}

export function encodeAccess({ automatic, token, key, slot }: Access): Bytes {
  return concat(u8(VERSION), u8(automatic ? AUTOMATIC : 0), token, key, slot);
}

/** @throws DamagedRecord */
export function decodeAccess(record: Bytes): Access {
  const reader = new ByteReader(record);
  const [version, flags] = [reader.u8(), reader.u8()];
  const fields = {
    token: reader.take(BACKUP_TOKEN_BYTES),
    key: reader.take(KEY_BYTES),
    slot: reader.take(RECOVERY_SLOT_BYTES),
  };
  if (!reader.done() || version !== VERSION || flags > AUTOMATIC) throw new DamagedRecord();
  return { automatic: flags === AUTOMATIC, ...fields };
}

function slotKek(secret: Bytes): Promise<Bytes> {
  return hkdf(secret, NO_SALT, LABEL.backupSlot, 32);
}
