/** Opening the profile of a folder, or making it. */
import { existsSync } from 'node:fs';
import { sentenceOf } from '../core/chat/trouble.ts';
import { Folder, type OpenProfile, type Proof } from '../platform/node/folder.ts';
import { asFailure, Failure } from './exit.ts';
import { DEFAULT_SERVER, type Options } from './options.ts';
import { ask, askSecret, newSecret } from './questions.ts';
import { givenPassphrase } from './secrets.ts';
import { originOf } from './server.ts';
import type { Terminal } from './terminal.ts';
import { inTerminal } from './words.ts';

const TRIES = 3;
const NONE =
  'There is no profile in this folder. Begin with “invite” or “join”, or name the folder that has yours: --data DIR.';
const TAKEN = 'There is a profile in this folder already. Name another folder: --data DIR.';

/** What a command needs of the profile. */
export interface Wish {
  /** Makes one where there is none. */
  readonly mayCreate?: boolean;
  /** Throws if it had better not be made. */
  readonly beforeCreating?: () => Promise<void>;
  /** Where a new one is at home, whatever the options say. */
  readonly origin?: string;
}

/** WebRTC is the largest part, and only those who talk need it. */
const loadLink = async () => (await import('../platform/node/node-link.ts')).openNodeLink;

/** Takes a folder that has no profile yet, for one that `make` puts there. @throws Failure, ChatError, NoAnswer */
export async function newProfile(
  { data }: Options,
  make: (folder: Folder) => Promise<OpenProfile>,
): Promise<OpenProfile> {
  const folder = await Folder.open(data, loadLink);
  try {
    if (folder.name !== undefined) throw new Failure('refused', TAKEN);
    return await make(folder);
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** @throws Failure, NoAnswer, ChatError */
export async function openProfile(terminal: Terminal, options: Options, wish: Wish = {}): Promise<OpenProfile> {
  // Nothing is made for whoever only looks.
  if (!wish.mayCreate && !existsSync(options.data)) throw new Failure('usage', NONE);
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
 * Makes a profile as the options say, or the person.
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
  const name = options.name ?? (await ask(terminal, 'Your name', 'Say what people should call you: --name NAME.'));
  const passphrase = givenPassphrase(options) ?? (await newPassphrase(terminal, options));
  return folder.create({ name, origin: home, passphrase, signing });
}

/** Asked for only where somebody is asked anyway. */
async function newPassphrase(terminal: Terminal, { name }: Options): Promise<string | undefined> {
  if (!terminal.isPerson || name !== undefined) return undefined;
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
  const byPassphrase = folder.ways.includes('passphrase');
  const proofOf = (secret: string): Proof => (byPassphrase ? { passphrase: secret } : { recoveryCode: secret });
  const given = givenPassphrase(options);
  if (given !== undefined) return folder.unlock(proofOf(given), origin);
  for (let tries = 1; ; tries++) {
    const secret = await askSecret(
      terminal,
      byPassphrase ? 'Passphrase' : 'Recovery code',
      'This profile is protected. Give what opens it by --passphrase-file FILE or --passphrase-fd N.',
    );
    try {
      return await folder.unlock(proofOf(secret), origin);
    } catch (error) {
      if (tries === TRIES || asFailure(error).kind !== 'refused') throw error;
      terminal.note(inTerminal(sentenceOf(error)));
    }
  }
}
