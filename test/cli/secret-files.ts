/** Files with a secret on their first line. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../signal/client.ts';

/** @param mode - who may read it. @returns its name */
export function secretFile(secret: string, mode = 0o600): string {
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  chmodSync(file, mode);
  return file;
}
