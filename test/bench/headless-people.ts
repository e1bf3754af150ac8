/** People without a screen, several in one process. */
import { Folder, type OpenProfile } from '../../app/platform/node/folder.ts';

const loadLink = async () => (await import('../../app/platform/node/node-link.ts')).openNodeLink;

/** Makes somebody's profile in an empty folder. */
export async function newPerson(folder: string, name: string, origin: string): Promise<OpenProfile> {
  return (await Folder.open(folder, loadLink)).create({ name, origin });
}

/** Opens the profile of a folder. */
export async function knownPerson(folder: string): Promise<OpenProfile> {
  return (await Folder.open(folder, loadLink)).unlock();
}
