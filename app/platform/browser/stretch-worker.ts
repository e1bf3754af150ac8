/** Stretches one passphrase, beside the page: it takes a quarter of a second of a whole core, and 64 MiB. */
import { argon2id } from 'hash-wasm';
import type { Stretching } from '../../core/identity/slot.ts';

onmessage = async ({ data }: MessageEvent<{ passphrase: Uint8Array; stretching: Stretching }>) => {
  const { salt, memory, passes } = data.stretching;
  try {
    const secret = await argon2id({
      password: data.passphrase,
      salt,
      memorySize: memory,
      iterations: passes,
      parallelism: 1,
      hashLength: 32,
      outputType: 'binary',
    });
    postMessage(secret, { transfer: [secret.buffer] });
  } catch {
    // So much memory could not be had. A rejection would reach nobody outside this worker.
    postMessage(undefined);
  }
};
