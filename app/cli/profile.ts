/** Opening the profile of a folder, or making it. */
import { checkVacant, Folder, type OpenProfile } from '../platform/node/folder.ts';
import { Failure } from './exit.ts';
import { DEFAULT_SERVER, type Options } from './options.ts';
import { ask, askSecret, newSecret, untilTaken } from './questions.ts';
import { givenPassphrase } from './secrets.ts';
import { originOf } from './server.ts';
import type { Terminal } from './terminal.ts';

const NONE =
  'There is no profile in this folder. Begin with “invite” or “join”, or name the folder that has yours: --data DIR.';

/** What a command needs of the profile. */
export interface Wish {
  /** Makes one where there is none. */
  readonly mayCreate?: boolean;
  /** Throws if it had better not be made. */
  readonly beforeCreating?: () => Promise<void>;
  /** Where a new one is at home, whatever the options say. */
  readonly origin?: string;
}

/** WebRTC is the largest part: nobody waits for it before there is a profile. */
const loadLink = async () => (await import('../platform/node/node-link.ts')).openNodeLink;

/** Takes a folder that has a profile, which stays closed. @throws Failure if there is none; ChatError */
export async function takeProfile({ data }: Options): Promise<{ folder: Folder; name: string }> {
  const folder = await Folder.open(data, loadLink);
  if (folder.name !== undefined) return { folder, name: folder.name };
  folder.close();
  throw new Failure('usage', NONE);
}

/**
 * Takes a folder that has no profile yet, for one that `make` puts there, unless it is `undefined`.
 * @throws Failure, ChatError, NoAnswer
 */
export async function newProfile<P extends OpenProfile | undefined>(
  { data }: Options,
  make: (folder: Folder) => Promise<P>,
): Promise<P> {
  const folder = await Folder.open(data, loadLink);
  try {
    checkVacant(folder);
    const profile = await make(folder);
    if (!profile) folder.close();
    return profile;
  } catch (error) {
    folder.close();
    throw error;
  }
}

/**
 * Opens the profile of the folder, by what the options say or the person knows; where there is none, makes one if that is wished.
 * What the options change in it, its name or its server, is durable then. @throws Failure, NoAnswer, ChatError
 */
export async function openProfile(terminal: Terminal, options: Options, wish: Wish = {}): Promise<OpenProfile> {
  const folder = await Folder.open(options.data, loadLink);
  try {
    if (folder.name !== undefined) return await unlock(terminal, options, folder);
    if (!wish.mayCreate) throw new Failure('usage', NONE);
    await wish.beforeCreating?.();
    return await create(terminal, options, folder, wish.origin);
  } catch (error) {
    folder.close();
    throw error;
  }
}

/**
 * Makes a profile in a folder that has none, and opens it: called and protected as the options say, or the person.
 * @param origin - where it is at home, whatever the options say. @param signing - the pair that signs, if it is brought.
 * @throws Failure, NoAnswer, ChatError
 */
export async function create(
  terminal: Terminal,
  options: Options,
  folder: Folder,
  origin?: string,
  signing?: CryptoKeyPair,
): Promise<OpenProfile> {
  const home = origin ?? originOf(options.server ?? DEFAULT_SERVER);
  const name = options.name ?? (await askName(terminal));
  const passphrase = await newPassphrase(terminal, options);
  terminal.meanwhile('Making your keys…');
  return folder.create({ name, origin: home, passphrase, signing });
}

async function askName(terminal: Terminal): Promise<string> {
  if (!terminal.isPerson) throw new Failure('usage', 'Say what people should call you: --name NAME.');
  return ask(terminal, 'Your name');
}

/** What protects a new profile: asked for wherever there is somebody to ask. @throws Failure, NoAnswer */
export async function newPassphrase(terminal: Terminal, options: Options): Promise<string | undefined> {
  const given = givenPassphrase(terminal, options);
  if (given !== undefined || !terminal.isPerson) return given;
  return (await newSecret(terminal, 'Passphrase, if you want one')) || undefined;
}

async function unlock(terminal: Terminal, options: Options, folder: Folder): Promise<OpenProfile> {
  const origin = options.server !== undefined && options.moves ? originOf(options.server) : undefined;
  const profile =
    folder.ways.length === 0 ? await folder.unlock(undefined, origin) : await prove(terminal, options, folder, origin);
  try {
    if (options.name !== undefined && options.name !== profile.chat.name) await profile.rename(options.name);
    return profile;
  } catch (error) {
    await profile.close();
    throw error;
  }
}

async function prove(
  terminal: Terminal,
  options: Options,
  folder: Folder,
  origin: string | undefined,
): Promise<OpenProfile> {
  const open = (either: string) => folder.unlock({ either }, origin);
  const given = givenPassphrase(terminal, options);
  if (given !== undefined) return open(given);
  if (!terminal.isPerson) {
    throw new Failure(
      'usage',
      'This profile is protected. Give what opens it by --passphrase-file FILE or --passphrase-fd N.',
    );
  }
  return untilTaken(terminal, () => askSecret(terminal, questionFor(folder)), open);
}

function questionFor({ ways }: Folder): string {
  if (!ways.includes('passphrase')) return 'Recovery code';
  return ways.includes('recovery') ? 'Passphrase, or the recovery code' : 'Passphrase';
}
