/** Places for backups in memory. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import type { BackupFile } from '../../app/core/backup/file-place.ts';
import type { BackupPlace } from '../../app/core/backup/place.ts';

export function memoryPlace(chunks: Map<string, Bytes> = new Map<string, Bytes>()): BackupPlace {
  return {
    list: async () => new Map([...chunks].map(([name, { length }]) => [name, length])),
    get: async (name) => chunks.get(name)?.slice(),
    put: async (name, bytes) => void chunks.set(name, bytes.slice()),
    remove: async (name) => void chunks.delete(name),
  };
}

/** A file whose bytes can be looked at, and cut. */
export interface MemoryFile extends Required<BackupFile> {
  bytes: Bytes;
}

export function memoryFile(): MemoryFile {
  return {
    bytes: new Uint8Array(0),
    get size() {
      return this.bytes.length;
    },
    async read(from, to) {
      return this.bytes.slice(from, to);
    },
    async append(bytes) {
      const longer = new Uint8Array(this.bytes.length + bytes.length);
      longer.set(this.bytes);
      longer.set(bytes, this.bytes.length);
      this.bytes = longer;
    },
  };
}
