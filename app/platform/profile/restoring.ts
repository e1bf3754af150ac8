/** Finding a backup by its recovery code, and writing it into the records of a new profile. */
import { fromHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { backupToken } from '../../core/backup/access.ts';
import { filePlace, type BackupFile } from '../../core/backup/file-place.ts';
import type { BackupPlace } from '../../core/backup/place.ts';
import { findBackup, restoreInto, viewOf, type BackupView } from '../../core/backup/restore.ts';
import { serverPlace } from '../../core/backup/server-place.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { createProtectedVault } from '../../core/identity/protection.ts';
import { sealStore } from '../../core/identity/sealed-store.ts';
import { createVault, type Vault } from '../../core/identity/vault.ts';
import { writeLabel } from './label.ts';
import type { Progress } from './protection.ts';
import { recoverySecret, recoverySlot } from './recovery-code.ts';

/** A backup that its recovery code has opened. */
export interface OpenedBackup {
  readonly view: BackupView;
  readonly fingerprint: Bytes;
  /** Writes it into an empty store. @returns the new vault. @throws ChatError */
  writeTo(raw: Store, onprogress: (progress: Progress) => void): Promise<Vault>;
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
    const view = viewOf(found);
    return {
      view,
      fingerprint: fromHex(view.fingerprint)!,
      async writeTo(raw, onprogress) {
        const vault = view.isProtected
          ? await createProtectedVault(raw, [recoverySlot(code)], nameKey)
          : await createVault(raw, nameKey);
        if (view.isProtected) await writeLabel(raw, view.name);
        await restoreInto(sealStore(raw, vault), found, 'origin' in source, Date.now(), onprogress);
        return vault;
      },
    };
  } finally {
    wipe(secret);
  }
}
