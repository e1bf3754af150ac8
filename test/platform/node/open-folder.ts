/** A folder that a test opens, within its own process and without a network. */
import { onTestFinished } from 'vitest';
import { Folder } from '../../../app/platform/node/folder.ts';
import { MemoryNetwork } from '../../parts/memory-link.ts';

/** A server that nobody asks for anything. */
export const ORIGIN = 'http://localhost:1';

/** Opens a folder; it is closed after the test, if not before. */
export async function openFolder(path: string): Promise<Folder> {
  const folder = await Folder.open(path, () => Promise.resolve(new MemoryNetwork().openLink));
  onTestFinished(() => folder.close());
  return folder;
}
