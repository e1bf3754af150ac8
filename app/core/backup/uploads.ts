/** Chunks on their way to a place: sealed and put, a few at once, but for those that are there already. */
import { toBase64Url } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import type { Access } from './access.ts';
import { CHUNK_NAME_BYTES, encodeContents, sealChunk, type PlacedRecord } from './chunk.ts';
import type { ChunkEntry, LogPiece } from './manifest.ts';
import { PlaceError, type BackupPlace } from './place.ts';

/** While one is written down there, the next is sealed here. */
const AT_ONCE = 3;

export interface UploadsParts {
  readonly place: BackupPlace;
  readonly access: Pick<Access, 'key'>;
  /** Notes a chunk that has been put. */
  readonly remember: (chunk: ChunkEntry) => Promise<void>;
}

export class Uploads {
  readonly #parts: UploadsParts;
  /** Of chunks that hold anything but a piece of a log, by the hash of their contents. */
  readonly #known: Map<string, ChunkEntry>;
  readonly #pending = new Set<Promise<void>>();
  #failure: Error | undefined;

  /** @param known - chunks that are there. */
  constructor(parts: UploadsParts, known: readonly ChunkEntry[]) {
    this.#parts = parts;
    this.#known = new Map(known.map((chunk) => [toBase64Url(chunk.content), chunk]));
  }

  /** Sends records on their way, unless they are there. @throws what a chunk before has failed with */
  async add(records: readonly PlacedRecord[], piece: LogPiece | undefined): Promise<ChunkEntry> {
    const { place, access, remember } = this.#parts;
    const contents = encodeContents(records);
    const content = await sha256(contents);
    const known = this.#known.get(toBase64Url(content));
    if (known) {
      wipe(contents);
      return known;
    }
    while (this.#pending.size >= AT_ONCE) await Promise.race(this.#pending);
    if (this.#failure) throw this.#failure;
    const name = randomBytes(CHUNK_NAME_BYTES);
    const sealed = await sealChunk(access.key, name, contents);
    wipe(contents);
    const chunk = { name, bytes: sealed.length, content, piece };
    const pending: Promise<void> = place
      .put(toBase64Url(name), sealed)
      .then(() => remember(chunk))
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new PlaceError('failed');
      })
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return chunk;
  }

  /** Resolves once nothing is on its way. @throws what a chunk has failed with */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#failure) throw this.#failure;
  }
}
