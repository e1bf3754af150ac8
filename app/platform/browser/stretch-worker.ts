/** Stretches one passphrase, beside the page. */
import type { Stretching } from '../../core/identity/slot.ts';
import { argon2 } from '../profile/argon2.ts';

onmessage = async ({ data }: MessageEvent<{ password: Uint8Array; stretching: Stretching }>) => {
  try {
    const secret = await argon2(data.password, data.stretching);
    postMessage(secret, { transfer: [secret.buffer] });
  } catch {
    // So much memory could not be had. A rejection would reach nobody outside this worker.
    postMessage(undefined);
  }
};
