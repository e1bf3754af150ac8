/** Slots that a passkey opens, alone or together with the passphrase. Whoever gets a new one overwrites its secret. */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import type { NewSlot } from '../../core/identity/protection.ts';
import { openSlot, secretOfBoth, type PasskeyQuestion, type Slot, type Way } from '../../core/identity/slot.ts';
import { readSlots, unlockVault, type Vault } from '../../core/identity/vault.ts';
import { checkPassphrase } from '../profile/passphrase.ts';
import { newStretching } from '../profile/stretch.ts';
import { askPasskey, createPasskey, forgetPasskey } from './passkey.ts';
import { stretch } from './stretch.ts';

type Kind = Way['kind'];
/** Anything with a way in. */
type Held = { readonly way: Way };
/** A slot of a kind. */
type SlotOf<K extends Kind> = Slot & { readonly way: Extract<Way, { kind: K }> };

/** A slot for a new passkey of a profile that has these slots. @throws ChatError */
export async function newPasskeySlot(slots: readonly Slot[]): Promise<NewSlot> {
  const { passkey, secret } = await createPasskey(passkeysOf(slots));
  return { way: { kind: 'passkey', passkey }, secret };
}

/** A slot for both: the passphrase of these slots, and one of their passkeys. @throws ChatError if that is not the passphrase */
export async function bothSlot(slots: readonly Slot[], passphrase: string): Promise<NewSlot> {
  const [ofOne] = only(slots, 'passphrase');
  if (!ofOne) throw new ChatError('This profile has no passphrase by itself. Reload the page, then try again.');
  const { stretching } = ofOne.way;
  // The passkey first, as browsers ask for one only just after a press.
  const { passkey, secret: ofPasskey } = await askPasskey(passkeysOf(slots));
  const ofPassphrase = await stretch(passphrase, stretching);
  const vaultKey = await openSlot(ofOne, ofPassphrase);
  const secret = takeBoth(ofPassphrase, ofPasskey);
  if (!vaultKey) {
    wipe(secret);
    throw new ChatError('That is not the passphrase of this profile. Nothing has changed: try again.');
  }
  wipe(vaultKey);
  return { way: { kind: 'passphrase and passkey', stretching, passkey }, secret };
}

/** The slot for both, with a new passphrase and the same passkey. @throws ChatError if the passphrase is too short */
export async function bothSlotAgain(slots: readonly Slot[], passphrase: string): Promise<NewSlot> {
  checkPassphrase(passphrase);
  const { passkey, secret: ofPasskey } = await askPasskey(passkeysOf(slots));
  const stretching = newStretching();
  const secret = takeBoth(await stretch(passphrase, stretching), ofPasskey);
  return { way: { kind: 'passphrase and passkey', stretching, passkey }, secret };
}

/** Opens a vault by a passkey that is a way in by itself. @throws ChatError if none is at hand; DamagedRecord */
export async function openByPasskey(store: Store): Promise<Vault> {
  const slots = only([...(await readSlots(store)).values()], 'passkey');
  const { passkey, secret } = await askPasskey(passkeysOf(slots));
  const vault = await unlockVault(store, withPasskey(slots, passkey), secret);
  wipe(secret);
  if (!vault) throw new ChatError('This passkey does not open this profile. Try again, or go another way.');
  return vault;
}

/** Opens a vault by both. @returns `undefined` if it has no slot for both. @throws ChatError if they do not; DamagedRecord */
export async function openByBoth(store: Store, passphrase: string): Promise<Vault | undefined> {
  const slots = only([...(await readSlots(store)).values()], 'passphrase and passkey');
  if (slots.length === 0) return undefined;
  const { passkey, secret: ofPasskey } = await askPasskey(passkeysOf(slots));
  const slot = withPasskey(slots, passkey);
  const secret = takeBoth(await stretch(passphrase, slot.way.stretching), ofPasskey);
  const vault = await unlockVault(store, slot, secret);
  wipe(secret);
  if (!vault) throw new ChatError('That is not the passphrase of this profile. Nothing is lost: try again.');
  return vault;
}

/** Lets the keepers of passkeys know which of them open a profile no more. */
export async function forgetPasskeys(before: readonly Held[], after: readonly Held[]): Promise<void> {
  const left = passkeysOf(after);
  const gone = passkeysOf(before).filter((passkey) => !left.some((other) => isSame(other, passkey)));
  await Promise.all(gone.map(({ credential }) => forgetPasskey(credential)));
}

function only<K extends Kind>(slots: readonly Slot[], kind: K): SlotOf<K>[] {
  return slots.filter((slot): slot is SlotOf<K> => slot.way.kind === kind);
}

function passkeysOf(slots: readonly Held[]): PasskeyQuestion[] {
  return slots.flatMap(({ way }) => ('passkey' in way ? [way.passkey] : []));
}

function withPasskey<S extends Slot>(slots: readonly S[], passkey: PasskeyQuestion): S {
  return slots.find(({ way }) => 'passkey' in way && isSame(way.passkey, passkey))!;
}

function isSame(one: PasskeyQuestion, other: PasskeyQuestion): boolean {
  return equal(one.credential, other.credential);
}

/** One secret of two, which are overwritten. */
function takeBoth(ofPassphrase: Bytes, ofPasskey: Bytes): Bytes {
  const secret = secretOfBoth(ofPassphrase, ofPasskey);
  wipe(ofPassphrase, ofPasskey);
  return secret;
}
