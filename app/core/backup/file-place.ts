/**
 * A place that is one file: entries, one after the other, of which the last of a name counts.
 *
 *     file   "sotto backup 1\n", then entries
 *     entry  kind u8 (0 put, 1 removed) | LP(name) | LP(bytes)
 */
import { ByteReader, concat, equal, fromUtf8, lp, u32, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../../../signal/wire/limits.ts';
import { ChatError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import { PlaceError, type BackupPlace } from './place.ts';

const BEGINNING = utf8('sotto backup 1\n');
const MAX_NAME_BYTES = 22;
const [PUT, REMOVED] = [0, 1];

/** A file that grows at its end, or is only read. What it throws becomes a PlaceError, unless it is for the person. */
export interface BackupFile {
  /** In bytes. */
  readonly size: number;
  /** The bytes from one offset up to another; fewer where the file ends. */
  read(from: number, to: number): Promise<Bytes>;
  append?(bytes: Bytes): Promise<void>;
}

interface Entry {
  readonly from: number;
  readonly size: number;
}

/**
 * Opens a file of a backup, or begins one where it is empty and may grow. A file that is cut short has what stands before.
 * @throws ChatError if it is anything else, PlaceError if it cannot be read
 */
export async function filePlace(file: BackupFile): Promise<BackupPlace> {
  const entries = new Map<string, Entry>();
  // Each entry begins where the one before ends.
  const turns = new Serial();
  const append = (bytes: Bytes) => safely(file.append?.(bytes) ?? Promise.reject(new Error('it is only read')));
  if (file.size === 0 && file.append) await append(BEGINNING);
  else await readEntries(file, entries);
  return {
    list: () => Promise.resolve(new Map([...entries].map(([name, { size }]) => [name, size]))),
    async get(name) {
      const entry = entries.get(name);
      return entry && safely(file.read(entry.from, entry.from + entry.size));
    },
    put: (name, bytes) =>
      turns.run(async () => {
        const head = concat(u8(PUT), lp(utf8(name)), u32(bytes.length));
        const from = file.size + head.length;
        await append(concat(head, bytes));
        entries.set(name, { from, size: bytes.length });
      }),
    remove: (name) =>
      turns.run(async () => {
        await append(concat(u8(REMOVED), lp(utf8(name)), u32(0)));
        entries.delete(name);
      }),
  };
}

async function readEntries(file: BackupFile, entries: Map<string, Entry>): Promise<void> {
  const beginning = await safely(file.read(0, BEGINNING.length));
  if (!equal(beginning, BEGINNING)) {
    throw new ChatError({
      page: 'This file is not a backup of Sotto. Choose the file that “Back up to a file” saved.',
      terminal: 'This file is not a backup of Sotto. Give the file that “backup FILE” or “Back up to a file” saved.',
    });
  }
  for (let at = BEGINNING.length; at < file.size;) {
    const reader = new ByteReader(await safely(file.read(at, at + 9 + MAX_NAME_BYTES)));
    const kind = reader.u8();
    const name = fromUtf8(reader.lp(MAX_NAME_BYTES));
    const size = reader.u32();
    const from = at + 9 + (name?.length ?? 0);
    // What comes after a cut, or anything else that is no entry, is not there.
    if (!name || kind > REMOVED || size > MAX_BACKUP_CHUNK_BYTES || from + size > file.size) return;
    if (kind === PUT) entries.set(name, { from, size });
    else entries.delete(name);
    at = from + size;
  }
}

async function safely<T>(task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (error) {
    // A full disk says so itself.
    throw error instanceof ChatError ? error : new PlaceError('unreadable');
  }
}
