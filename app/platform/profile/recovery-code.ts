/**
 * Slots that a recovery code opens: 128 random bits as twelve words of BIP-39's English list, the last of which holds a
 * checksum. So many bits need no stretching.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ChatError, DamagedRecord } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import type { NewSlot } from '../../core/identity/protection.ts';
import { readSlots, unlockVault, type Vault } from '../../core/identity/vault.ts';
import { waysInto } from './glance.ts';
import { openByPassphrase } from './passphrase.ts';
import type { Stretch } from './stretch.ts';

const CODE_BYTES = 16;
const CODE_WORDS = 12;

/** Makes a code, which opens nothing until a vault has its slot. @returns twelve words. */
export function newRecoveryCode(): string {
  const secret = randomBytes(CODE_BYTES);
  const code = entropyToMnemonic(secret, wordlist);
  wipe(secret);
  return code;
}

/** The slot of a code; whoever gets it overwrites its secret. @throws ChatError if it is none */
export function recoverySlot(code: string): NewSlot {
  return { way: { kind: 'recovery' }, secret: recoverySecret(code) };
}

/** Opens a vault by its recovery code. @throws ChatError if it is another, or none; DamagedRecord */
export async function openByRecoveryCode(store: Store, code: string): Promise<Vault> {
  const secret = recoverySecret(code);
  try {
    for (const slot of (await readSlots(store)).values()) {
      const vault = slot.way.kind === 'recovery' ? await unlockVault(store, slot, secret) : undefined;
      if (vault) return vault;
    }
  } finally {
    wipe(secret);
  }
  throw new ChatError('That is not the recovery code of this profile. Use the newest one you wrote down.');
}

/**
 * Opens a vault by what may be its passphrase or its recovery code. Twelve words are taken for a code, unless they are the
 * passphrase. @throws ChatError if they are neither; DamagedRecord
 */
export async function openByEither(store: Store, text: string, stretch: Stretch): Promise<Vault> {
  const ways = await waysInto(store);
  const byPassphrase = ways.includes('passphrase');
  if (!ways.includes('recovery') || (byPassphrase && wordsOf(text).length !== CODE_WORDS)) {
    return openByPassphrase(store, text, stretch);
  }
  try {
    return await openByRecoveryCode(store, text);
  } catch (error) {
    if (!byPassphrase || error instanceof DamagedRecord) throw error;
    // What to say of twelve words is what was wrong with them as a code.
    return openByPassphrase(store, text, stretch).catch((other: unknown) => {
      throw other instanceof DamagedRecord ? other : error;
    });
  }
}

/**
 * What a code holds, 16 bytes; whoever gets it overwrites it.
 * @param code - its words in any case, with whatever stands between them. @throws ChatError if it is none
 */
export function recoverySecret(code: string): Bytes {
  const words = wordsOf(code);
  try {
    const secret = words.length === CODE_WORDS ? mnemonicToEntropy(words.join(' '), wordlist) : undefined;
    if (secret?.length === CODE_BYTES) return new Uint8Array(secret);
  } catch {
    // A word that is not in the list, or a checksum that does not fit.
  }
  throw new ChatError('These are not the twelve words of a recovery code. Check each word, and their order.');
}

function wordsOf(code: string): string[] {
  return (
    code
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z]+/g) ?? []
  );
}
