/** What becomes of a question that is not answered. */
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { ask, NoAnswer } from '../../app/cli/questions.ts';
import { Terminal } from '../../app/cli/terminal.ts';

/** Somebody at a terminal. */
function somebody() {
  const input = Object.assign(new PassThrough(), { isTTY: true, fd: 0 }) as unknown as ReadStream &
    PassThrough & { fd: 0 };
  const [output, errors] = [new PassThrough(), new PassThrough()] as unknown as [WriteStream, WriteStream];
  return { input, terminal: new Terminal({ input, output, errors, env: {} }) };
}

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s is no answer', async (_, key) => {
  const { input, terminal } = somebody();
  const answer = ask(terminal, 'Your name');
  input.write(key);
  await expect(answer).rejects.toThrow(NoAnswer);
});

test('trouble with the terminal is trouble, and nobody’s refusal to answer', async () => {
  const { input, terminal } = somebody();
  const answer = ask(terminal, 'Your name');
  input.emit('error', new Error('the terminal is gone'));
  await expect(answer).rejects.toThrow('the terminal is gone');
});
