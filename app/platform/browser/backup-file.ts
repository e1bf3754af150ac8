/** Backups as files of a browser: one that grows until it is saved, and one that a person has chosen. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { BackupFile } from '../../core/backup/file-place.ts';

/** A file that is not saved yet. The browser keeps its parts, on its disk if they are many. */
export class NewBackupFile implements BackupFile {
  readonly #parts: Blob[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  read(from: number, to: number): Promise<Bytes> {
    return bytesOf(this.blob(), from, to);
  }

  append(bytes: Bytes): Promise<void> {
    this.#parts.push(new Blob([bytes]));
    this.#size += bytes.length;
    return Promise.resolve();
  }

  blob(): Blob {
    return new Blob(this.#parts);
  }
}

/** A file that a person has chosen; it is only read. */
export function chosenFile(blob: Blob): BackupFile {
  return {
    size: blob.size,
    read: (from, to) => bytesOf(blob, from, to),
  };
}

async function bytesOf(blob: Blob, from: number, to: number): Promise<Bytes> {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}
