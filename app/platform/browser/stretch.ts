/** Makes a secret of a passphrase: Argon2id, in a worker of its own that ends with it. */
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { STRETCHING, STRETCHING_SALT_BYTES, type Stretching } from '../../core/identity/slot.ts';
import workerUrl from './stretch-worker.ts?worker&url';

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL(input: string): unknown };
}

/** The page's policy takes the address of a script only from a maker that it names. */
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const workers = trustedTypes?.createPolicy('sotto-worker', { createScriptURL: () => workerUrl });

/** How a new passphrase is stretched. */
export function newStretching(): Stretching {
  return { salt: randomBytes(STRETCHING_SALT_BYTES), ...STRETCHING };
}

/** @returns 32 bytes. @throws ChatError if this device has not enough memory */
export async function stretch(passphrase: string, stretching: Stretching): Promise<Bytes> {
  const url = (workers?.createScriptURL('') ?? workerUrl) as string;
  const worker = new Worker(url, { type: 'module' });
  const bytes = utf8(passphrase.normalize('NFKC'));
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Bytes | undefined>) => {
        if (data) resolve(data);
        else
          reject(new ChatError('This device has no room to check the passphrase. Close other pages, then try again.'));
      };
      worker.onerror = () =>
        reject(new ChatError('A part of Sotto could not be loaded. Check that you are online, then try again.'));
      // Given away, so that no copy of it stays here.
      worker.postMessage({ passphrase: bytes, stretching }, [bytes.buffer]);
    });
  } finally {
    worker.terminate();
  }
}
