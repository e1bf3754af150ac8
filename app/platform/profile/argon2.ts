/** Argon2id: a quarter of a second of a whole core, and 64 MiB. The one door to hash-wasm. */
import { argon2id } from 'hash-wasm';
import type { Stretching } from '../../core/identity/slot.ts';

/** @returns 32 bytes. Rejects where so much memory cannot be had. */
export function argon2(password: Uint8Array, { salt, memory, passes }: Stretching): Promise<Uint8Array> {
  return argon2id({
    password,
    salt,
    memorySize: memory,
    iterations: passes,
    parallelism: 1,
    hashLength: 32,
    outputType: 'binary',
  });
}
