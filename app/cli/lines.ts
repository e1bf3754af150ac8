/** Lines of a stream whose other end nobody vouches for: one that is too long is dropped as it comes, and never held. */
import { isUtf8 } from 'node:buffer';
import { fstatSync } from 'node:fs';
import { Failure } from './exit.ts';

/** A line without its end; `undefined` stands for one that is longer than the limit, or is not UTF-8. */
export interface Line {
  readonly text: string | undefined;
}

const UNREADABLE = 'What should come in cannot be read to its end. Look where it comes from, then send the rest again.';
const LF = 10;
const CR = 13;

class Held {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  add(part: Uint8Array): void {
    this.#size += part.length;
    // Copied, as a short line must not keep the whole chunk it came with.
    if (this.#size <= this.#limit) this.#parts.push(new Uint8Array(part));
    else this.#parts = [];
  }

  take(): Line {
    const bytes = Buffer.concat(this.#parts);
    const isText = this.#size <= this.#limit && isUtf8(bytes);
    [this.#parts, this.#size] = [[], 0];
    return {
      text: isText ? bytes.toString('utf8', 0, bytes.at(-1) === CR ? bytes.length - 1 : bytes.length) : undefined,
    };
  }
}

/** Node takes what it does not know how to read for a stream without content. @throws Failure if that is what comes in */
export function checkReadable({ fd }: { readonly fd: number }): void {
  if (fstatSync(fd).isDirectory()) throw new Failure('fault', UNREADABLE);
}

/** @param limit - bytes of a line. @throws Failure if the stream cannot be read to its end */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line, undefined> {
  const held = new Held(limit);
  for await (const chunk of untilClosed(stream)) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      held.add(chunk.subarray(start, end));
      yield held.take();
      start = end + 1;
    }
    held.add(chunk.subarray(start));
  }
  if (!held.isEmpty) yield held.take();
  return undefined;
}

/** A stream that we close ourselves has just come to its end; one that breaks off has not. @throws Failure */
async function* untilClosed(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  try {
    yield* stream;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw new Failure('fault', UNREADABLE);
  }
  return undefined;
}
