/** Standard input that breaks off, or cannot be read at all, is not taken for one that has come to its end. */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { linesOf } from '../../app/cli/lines.ts';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { inContact } from './people.ts';

describe('lines', () => {
  /** The lines of a stream, and what its end was like. */
  async function read(stream: AsyncIterable<Uint8Array>): Promise<unknown[]> {
    const seen: unknown[] = [];
    try {
      for await (const { text } of linesOf(stream, 100)) seen.push(text);
    } catch (error) {
      seen.push((error as Error).message);
    }
    return seen;
  }

  test('break off where reading fails, and none is made of what was left', async () => {
    async function* failing() {
      yield Buffer.from('one\ntw');
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    }
    expect(await read(Readable.from(failing()))).toEqual(['one', expect.stringContaining('cannot be read to its end')]);
  });

  test('end where we close the stream ourselves, before or while it is read', async () => {
    const stream = new PassThrough();
    stream.write('one\n');
    const reading = read(stream);
    await new Promise((resolve) => setImmediate(resolve));
    stream.destroy();
    expect(await reading).toEqual(['one']);
    expect(await read(stream)).toEqual([]);
  });
});

describe('a folder in the place of messages', () => {
  const client = useClient();

  test('is no empty input', async () => {
    const { ada } = await inContact(client);
    for (const options of [
      ['open', 'Bob'],
      ['open', '--json'],
    ]) {
      const args = [client.file, '--data', ada.folder, ...options];
      const stdin = openSync(temporaryFolder(), 'r');
      const { status, stderr } = spawnSync(process.execPath, args, { stdio: [stdin, 'pipe', 'pipe'] });
      const sentence: unknown = expect.stringMatching(/^What should come in cannot be read [^\n]*\n$/);
      expect([status, stderr.toString()]).toEqual([1, sentence]);
    }
  });
});
