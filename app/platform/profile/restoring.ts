/** Finding a backup by its recovery code, and writing it into the records of a new profile. */
import { fromHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { backupToken } from '../../core/backup/access.ts';
import { filePlace, type BackupFile } from '../../core/backup/file-place.ts';
import type { BackupPlace } from '../../core/backup/place.ts';
import { findBackup, restoreInto, summaryOf, type BackupSummary } from '../../core/backup/restore.ts';
import { serverPlace } from '../../core/backup/server-place.ts';
import type { Progress } from '../../core/base/progress.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { createProtectedVault, type NewSlot } from '../../core/identity/protection.ts';
import { sealStore } from '../../core/identity/sealed-store.ts';
import { createVault, type Vault } from '../../core/identity/vault.ts';
import { writeLabel } from './label.ts';
import { recoverySecret, recoverySlot } from './recovery-code.ts';

/** A backup that its recovery code has opened. */
export interface OpenedBackup {
  readonly summary: BackupSummary;
  readonly fingerprint: Bytes;
  /**
   * Writes it into an empty store, protected by its recovery code if it was protected.
   * @param ways - protect it, too, and then in any case. @returns the new vault. @throws ChatError
   */
  writeTo(raw: Store, onprogress: (progress: Progress) => void, ways?: readonly NewSlot[]): Promise<Vault>;
}

/** Where a backup may be: in a file, or on the server of an origin. */
export type BackupSource = { readonly file: BackupFile } | { readonly origin: string };

/** Finds the backup that a recovery code opens. @throws ChatError */
export async function openBackup(code: string, source: BackupSource): Promise<OpenedBackup> {
  const secret = recoverySecret(code);
  try {
    const place: BackupPlace =
      'file' in source ? await filePlace(source.file) : serverPlace(source.origin, await backupToken(secret));
    const found = await findBackup(place, secret);
    const { nameKey } = found.manifest;
    const summary = summaryOf(found);
    return {
      summary,
      fingerprint: fromHex(summary.fingerprint)!,
      async writeTo(raw, onprogress, ways = []) {
        const isProtected = summary.isProtected || ways.length > 0;
        const vault = isProtected
          ? await createProtectedVault(raw, [recoverySlot(code), ...ways], nameKey)
          : await createVault(raw, nameKey);
        if (isProtected) await writeLabel(raw, summary.name);
        await restoreInto(sealStore(raw, vault), found, 'origin' in source, Date.now(), onprogress);
        return vault;
      },
    };
  } finally {
    wipe(secret);
  }
}
