/**
 * Passkeys that give a secret: WebAuthn with its PRF extension. For a salt, the passkey answers with
 *
 *     HMAC-SHA-256(a key of its own, SHA-256("WebAuthn PRF" ‖ 0x00 ‖ salt))                                   32 bytes
 *
 * once it has verified who asks for it: by finger, face or PIN. No server takes part, so nobody checks a signature, and
 * the challenges are random and forgotten. What proves the passkey is its answer: it opens the slot, or does not.
 */
import { toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { PASSKEY_SALT_BYTES, type PasskeyQuestion } from '../../core/identity/slot.ts';

const SECRET_BYTES = 32;
/** For finding the device, and for unlocking it. */
const PATIENCE = 120_000;
/** Where the flags stand in what an authenticator says: behind the hash of the host's name. */
const FLAGS = 32;
const USER_VERIFIED = 0x04;
/** COSE's names of ES256, EdDSA and RS256: which one does not matter, as no signature is checked. */
const ALGORITHMS = [-7, -8, -257];

const UNFIT =
  'This passkey cannot keep a secret for Sotto. Use another device or security key, or the passphrase alone.';
const SENTENCES: Partial<Record<string, string>> = {
  // Not told apart by browsers, so that no page learns which passkeys a device has.
  NotAllowedError: 'The passkey was not used: nobody confirmed it, or it is not at hand. Try again, or go another way.',
  InvalidStateError: 'That device holds a passkey of this profile already. Use that one, or choose another device.',
  SecurityError:
    'Passkeys work only where Sotto’s address is a name, not a number such as 127.0.0.1. Use the passphrase here.',
  NotSupportedError: UNFIT,
  ConstraintError: UNFIT,
};

/** A passkey's answer to a salt. */
export interface PasskeyAnswer {
  readonly passkey: PasskeyQuestion;
  /** 32 bytes, for whoever asked to overwrite. */
  readonly secret: Bytes;
}

/**
 * Makes a passkey for this address, and asks it for the secret of a new salt. The device, and whoever copies its
 * passkeys from device to device, is told no name: only that it is a profile of Sotto, and the day.
 * @param others - the passkeys of this profile: a device that has one makes no second. @throws ChatError
 */
export async function createPasskey(others: readonly PasskeyQuestion[]): Promise<PasskeyAnswer> {
  const name = `Sotto profile of ${new Date().toISOString().slice(0, 10)}`;
  const salt = randomBytes(PASSKEY_SALT_BYTES);
  const created = await hold(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: 'Sotto' },
        // Random: one that a device knew would replace the passkey it has.
        user: { id: randomBytes(16), name, displayName: name },
        challenge: randomBytes(32),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
        // Kept by the device: Android gives no secrets for what it does not keep.
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        excludeCredentials: others.map(({ credential }) => descriptor(credential)),
        attestation: 'none',
        // Asked at once, as Windows says only then whether it can.
        extensions: { prf: { eval: { first: salt } } },
        timeout: PATIENCE,
      },
    }),
  );
  const passkey = { credential: new Uint8Array(created.rawId), salt };
  try {
    const response = created.response as AuthenticatorAttestationResponse;
    const secret = verifiedSecret(created, response.getAuthenticatorData());
    if (secret) return { passkey, secret };
    if (!created.getClientExtensionResults().prf?.enabled) throw new ChatError(UNFIT);
    // Most give no secret yet when they are made.
    return await askPasskey([passkey]);
  } catch (error) {
    await forgetPasskey(passkey.credential);
    throw error;
  }
}

/** Asks whichever of these passkeys the person has at hand for its secret. @throws ChatError */
export async function askPasskey(passkeys: readonly PasskeyQuestion[]): Promise<PasskeyAnswer> {
  const salts = passkeys.map(({ credential, salt }) => [toBase64Url(credential), { first: salt }] as const);
  const asserted = await hold(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: randomBytes(32),
        allowCredentials: passkeys.map(({ credential }) => descriptor(credential)),
        userVerification: 'required',
        extensions: { prf: { evalByCredential: Object.fromEntries(salts) } },
        timeout: PATIENCE,
      },
    }),
  );
  const { authenticatorData } = asserted.response as AuthenticatorAssertionResponse;
  const secret = verifiedSecret(asserted, authenticatorData);
  const passkey = passkeys.find(({ credential }) => toBase64Url(credential) === asserted.id);
  if (!secret || !passkey) throw new ChatError(UNFIT);
  return { passkey, secret };
}

/** Lets whoever keeps a passkey know that it opens nothing any more, where the browser can; most then remove it. */
export async function forgetPasskey(credential: Bytes): Promise<void> {
  const signals = globalThis.PublicKeyCredential as Partial<typeof PublicKeyCredential> | undefined;
  // A passkey that stays is of no use, and no harm.
  await signals
    ?.signalUnknownCredential?.({ rpId: location.hostname, credentialId: toBase64Url(credential) })
    .catch(() => undefined);
}

/** Holds what WebAuthn calls a ceremony; what it fails with becomes a sentence. */
async function hold(ceremony: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!('PublicKeyCredential' in globalThis)) {
    throw new ChatError('This browser knows no passkeys. Use the passphrase, or another browser.');
  }
  try {
    return (await ceremony()) as PublicKeyCredential;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new ChatError(SENTENCES[error.name] ?? 'The passkey could not be used. Try again, or go another way.');
  }
}

/** The secret that came with a credential, if there is one and the person was verified for it. */
function verifiedSecret(credential: PublicKeyCredential, authenticatorData: ArrayBuffer): Bytes | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!(first instanceof ArrayBuffer)) return undefined;
  const secret = new Uint8Array(first);
  const flags = new Uint8Array(authenticatorData)[FLAGS] ?? 0;
  if (secret.length === SECRET_BYTES && (flags & USER_VERIFIED) !== 0) return secret;
  // A device has another secret for those it has not verified.
  wipe(secret);
  return undefined;
}

function descriptor(id: Bytes): PublicKeyCredentialDescriptor {
  return { type: 'public-key', id };
}
