/**
 * Restoring: the recovery code opens the manifest, which says what belongs to the backup; each chunk is then taken only if it is
 * the very one. The identity is written last, so that what was interrupted is no profile. Every log goes on with a chain
 * of its own: a restored device must not look like a forger.
 */
import { equal, toBase64Url, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { ChatError, DamagedRecord } from '../base/errors.ts';
import type { Progress } from '../base/progress.ts';
import type { Store } from '../base/store.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import { withFreshKey } from '../identity/identity-change.ts';
import { IDENTITY_PLACE } from '../identity/identity-record.ts';
import { openIdentity } from '../identity/identity.ts';
import { cancelled, decodeInvite, encodeInvite, INVITE_PREFIX } from '../identity/invite-record.ts';
import { CHAIN_BYTES } from '../log/entry.ts';
import { decodeLogState, encodeLogState, restoredState } from '../log/log-state.ts';
import { LOG_STATE_PREFIX } from '../log/places.ts';
import { ACCESS_PLACE, encodeAccess, openAccess, type Access } from './access.ts';
import { decodeContents, openChunk, type PlacedRecord } from './chunk.ts';
import { openManifest, slotOf, type ChunkEntry, type Manifest } from './manifest.ts';
import { notesOf } from './notes.ts';
import { MANIFEST_NAME, PlaceError, type BackupPlace } from './place.ts';
import { isBackedUp, logPosition } from './records.ts';

/** A backup that a recovery code has opened. */
export interface FoundBackup {
  readonly manifest: Manifest;
  readonly access: Access;
  readonly place: BackupPlace;
}

/** @param missing - what is, as the middle of a sentence. */
function damaged(missing: string): ChatError {
  return new ChatError(
    `This backup is damaged: ${missing}. Nothing was restored; use another backup, or the device that made it.`,
  );
}

/** What the person is told before anything is written. */
export interface BackupSummary {
  readonly counter: number;
  /** Unix ms. */
  readonly date: number;
  /** Whose it is. */
  readonly name: string;
  /** The fingerprint in hexadecimal. */
  readonly fingerprint: string;
  /** Whether the profile was protected. */
  readonly isProtected: boolean;
}

export function summaryOf({ manifest }: FoundBackup): BackupSummary {
  const { counter, date, name, fingerprint, isProtected } = manifest;
  return { counter, date, name, fingerprint: toHex(fingerprint), isProtected };
}

/** Opens the backup in a place. @param secret - what the recovery code holds. @throws ChatError, PlaceError */
export async function findBackup(place: BackupPlace, secret: Bytes): Promise<FoundBackup> {
  const sealed = await place.get(MANIFEST_NAME);
  if (!sealed) throw await whyNone(place);
  const slot = slotOf(sealed);
  if (!slot) throw damaged('its list of contents cannot be read');
  const access = await openAccess(secret, slot);
  if (!access) throw new ChatError('This backup does not open with this recovery code. Use the one it was made with.');
  const manifest = await openManifest(access.key, sealed);
  if (!manifest) throw damaged('its list of contents is cut short or was changed');
  return { manifest, access, place };
}

/** Why a place has no manifest: a server that keeps no backups says so where it is asked for all that it has. */
async function whyNone(place: BackupPlace): Promise<unknown> {
  try {
    await place.list();
  } catch (error) {
    const isNoPlace = error instanceof PlaceError && error.reason === 'absent';
    return isNoPlace
      ? new ChatError({
          page: 'This server keeps no backups. Press “Use a backup file” if you saved one.',
          terminal: 'This server keeps no backups. If you saved one to a file: restore FILE.',
        })
      : error;
  }
  return new ChatError('There is no finished backup here. Use another one, or the device that was backed up.');
}

/**
 * Writes a backup into the empty records of a new profile: all of it, or no identity. The keys that others encrypt for are
 * made anew, under a newer card: those of the backup may have been renewed since, and then nobody takes its card any more.
 * @param store - sealed under a vault that has the manifest's name key.
 * @param keepsPlace - whether the next backup goes on in the same place. @param now - unix ms. @throws ChatError, PlaceError, StorageError
 */
export async function restoreInto(
  store: Store,
  { manifest, access, place }: FoundBackup,
  keepsPlace: boolean,
  now: number,
  onprogress?: (progress: Progress) => void,
): Promise<void> {
  const total = manifest.chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  let identity: Bytes | undefined;
  const logs = new Logs();
  for (const chunk of manifest.chunks) {
    const changes = new Map<string, Bytes>();
    for (const [at, value] of await recordsOf(chunk, access.key, place)) {
      if (!isBackedUp(at)) throw damaged('it holds what no backup holds');
      logs.see(at, value);
      if (at === IDENTITY_PLACE) identity = value;
      else changes.set(at, asRestored(at, value));
    }
    await store.write(changes);
    onprogress?.({ done: (done += chunk.bytes), total });
  }
  if (!identity) throw damaged('the keys are missing');
  if (!logs.areWhole()) throw damaged('messages are missing');
  const last = new Map([
    ...notesOf(manifest, keepsPlace),
    [ACCESS_PLACE, encodeAccess(access)],
    [IDENTITY_PLACE, await withFreshKey(identity, await openIdentity(identity), now)],
  ]);
  await store.write(last);
  wipe(identity);
}

async function recordsOf(chunk: ChunkEntry, key: Bytes, place: BackupPlace): Promise<PlacedRecord[]> {
  const sealed = await place.get(toBase64Url(chunk.name));
  if (!sealed) throw damaged('a part of it is missing');
  const contents = sealed.length === chunk.bytes ? await openChunk(key, chunk.name, sealed) : undefined;
  const isIt = contents && equal(await sha256(contents), chunk.content);
  const records = isIt ? decodeContents(contents) : undefined;
  if (!records) throw damaged('a part of it was cut short or changed');
  return records;
}

/** What becomes of a record that is not the identity. @throws ChatError if it is not what it should be */
function asRestored(place: string, value: Bytes): Bytes {
  if (place.startsWith(LOG_STATE_PREFIX)) return onNewChain(value);
  return place.startsWith(INVITE_PREFIX) ? withoutLife(value) : value;
}

/**
 * By an invite that was live somebody may have come in since, so nobody does any more. By one that was used, whoever used it may
 * have yet to hear that they are in. @throws ChatError if it is no invite
 */
function withoutLife(record: Bytes): Bytes {
  try {
    const invite = decodeInvite(record);
    return invite.status.kind === 'live' ? encodeInvite(cancelled(invite)) : record;
  } catch (error) {
    if (error instanceof DamagedRecord) throw damaged('an invite cannot be read');
    throw error;
  }
}

/** @throws ChatError if it is no state of a log */
function onNewChain(record: Bytes): Bytes {
  const state = decodeLogState(record);
  if (!state) throw damaged('a conversation cannot be read');
  return encodeLogState(restoredState(state, randomBytes(CHAIN_BYTES)));
}

/** Whether each log has all its records, as far as its state says. */
class Logs {
  readonly #records = new Map<string, number>();
  readonly #expected = new Map<string, number>();

  see(place: string, value: Bytes): void {
    const log = logPosition(place)?.log;
    if (log !== undefined) this.#records.set(log, (this.#records.get(log) ?? 0) + 1);
    if (place.startsWith(LOG_STATE_PREFIX)) {
      this.#expected.set(place.slice(LOG_STATE_PREFIX.length), decodeLogState(value)?.next ?? 0);
    }
  }

  areWhole(): boolean {
    const names = new Set([...this.#records.keys(), ...this.#expected.keys()]);
    return [...names].every((name) => this.#records.get(name) === this.#expected.get(name) || this.#isEmpty(name));
  }

  /** A deleted conversation leaves a state without messages. */
  #isEmpty(name: string): boolean {
    return !this.#records.has(name) && this.#expected.get(name) === 0;
  }
}
