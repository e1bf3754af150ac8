/** Reading the body of a request without holding more of it than is allowed. */
import type { IncomingMessage } from 'node:http';
import type { Bytes } from '../wire/bytes.ts';

/**
 * Reads a body.
 * @param limit in bytes; beyond it nothing more is kept, and the caller closes the connection.
 * @returns 'broken-off' if the client went away in the midst of it.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Bytes | 'too-big' | 'broken-off'> {
  return new Promise((resolve) => {
    let size = 0;
    let chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) return void chunks.push(chunk);
      chunks = [];
      request.pause();
      resolve('too-big');
    });
    request.once('end', () => resolve(Uint8Array.from(Buffer.concat(chunks))));
    request.once('error', () => resolve('broken-off'));
    request.once('close', () => resolve('broken-off'));
  });
}
