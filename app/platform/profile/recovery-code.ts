/**
 * Slots that a recovery code opens: 128 random bits as twelve words of BIP-39's English list, the last of which holds a
 * checksum. So many bits need no stretching.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ChatError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import type { NewSlot } from '../../core/identity/protection.ts';
import { readSlots, unlockVault, type Vault } from '../../core/identity/vault.ts';

const CODE_BYTES = 16;

/** Makes a code, which opens nothing until a vault has its slot. @returns twelve words. */
export function newRecoveryCode(): string {
  const secret = randomBytes(CODE_BYTES);
  const code = entropyToMnemonic(secret, wordlist);
  wipe(secret);
  return code;
}

/** The slot of a code; whoever gets it overwrites its secret. @throws ChatError if it is none */
export function recoverySlot(code: string): NewSlot {
  return { way: { kind: 'recovery' }, secret: readCode(code) };
}

/** What a code holds, 16 bytes; whoever gets it overwrites it. @throws ChatError if it is none */
export function recoverySecret(code: string): Bytes {
  return readCode(code);
}

/** Opens a vault by its recovery code. @throws ChatError if it is another, or none; DamagedRecord */
export async function openByRecoveryCode(store: Store, code: string): Promise<Vault> {
  const secret = readCode(code);
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

/** Words in any case, with whatever stands between them. */
function readCode(text: string): Bytes {
  const words =
    text
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  try {
    const secret = words.length === 12 ? mnemonicToEntropy(words.join(' '), wordlist) : undefined;
    if (secret?.length === CODE_BYTES) return new Uint8Array(secret);
  } catch {
    // A word that is not in the list, or a checksum that does not fit.
  }
  throw new ChatError('These are not the twelve words of a recovery code. Check each word, and their order.');
}
