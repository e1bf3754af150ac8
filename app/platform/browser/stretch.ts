/** Makes a secret of a passphrase: Argon2id, in a worker of its own that ends with it. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import { passwordOf, type Stretch } from '../profile/stretch.ts';
import workerUrl from './stretch-worker.ts?worker&url';

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL(input: string): unknown };
}

/** The page's policy takes the address of a script only from a maker that it names. */
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const workers = trustedTypes?.createPolicy('sotto-worker', { createScriptURL: () => workerUrl });

export const stretch: Stretch = async (passphrase, stretching) => {
  const url = (workers?.createScriptURL('') ?? workerUrl) as string;
  const worker = new Worker(url, { type: 'module' });
  const password = passwordOf(passphrase);
  try {
    return await new Promise<Bytes>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Bytes | undefined>) => {
        if (data) resolve(data);
        else
          reject(new ChatError('This device has no room to check the passphrase. Close other pages, then try again.'));
      };
      worker.onerror = () =>
        reject(new ChatError('A part of Sotto could not be loaded. Check that you are online, then try again.'));
      // Given away, so that no copy of it stays here.
      worker.postMessage({ password, stretching }, [password.buffer]);
    });
  } finally {
    worker.terminate();
  }
};
