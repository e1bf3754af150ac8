/**
 * Asking a person, on standard error, so that what was asked for can go elsewhere. Secrets are not shown. Whoever asks knows
 * that there is somebody (`terminal.isPerson`), and says what to do where there is nobody.
 */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { read } from 'read';
import { asFailure } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** How often somebody may give the wrong secret. */
const TRIES = 3;

/** The person would rather not answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

async function answerTo(terminal: Terminal, prompt: string, silent: boolean): Promise<string> {
  const { input, output, errors } = terminal.streams;
  const shownOn = errors.isTTY ? errors : output;
  // Ctrl-D closes the line without an answer, of which `read` says nothing.
  const left = once(input, 'pause').then(() => turn());
  try {
    // Also where nobody sees the question, as a terminal that is not held back would show a secret by itself.
    const answer = read({ prompt: `${prompt}:`, silent, input, output: shownOn, terminal: true });
    return await Promise.race([answer, left.then(() => Promise.reject(new NoAnswer()))]);
  } catch (error) {
    // What `read` throws on Ctrl-C.
    throw error instanceof Error && error.message === 'canceled' ? new NoAnswer() : error;
  } finally {
    if (silent) shownOn.write('\n');
  }
}

/** @throws NoAnswer */
export async function ask(terminal: Terminal, prompt: string): Promise<string> {
  return (await answerTo(terminal, prompt, false)).trim();
}

/** What is answered is not shown. @throws NoAnswer */
export async function askSecret(terminal: Terminal, prompt: string): Promise<string> {
  return answerTo(terminal, prompt, true);
}

/** Asks until it is answered one way or the other. @throws NoAnswer */
export async function askWhether(terminal: Terminal, prompt: string): Promise<boolean> {
  for (;;) {
    const answer = yesOrNo(await ask(terminal, `${prompt} (yes/no)`));
    if (answer !== undefined) return answer;
  }
}

/** What an answer says; `undefined` if neither. */
export function yesOrNo(answer: string): boolean | undefined {
  if (/^y(es)?$/i.test(answer.trim())) return true;
  return /^no?$/i.test(answer.trim()) ? false : undefined;
}

/** A secret that no option leads to: asked for, or else the next line that comes in. @throws NoAnswer */
export async function nextSecret(terminal: Terminal, prompt: string): Promise<string> {
  if (terminal.isPerson) return askSecret(terminal, prompt);
  return (await terminal.lines.next()).value?.text ?? '';
}

/** A new secret, typed twice alike, or the next line that comes in; it may be empty. @throws NoAnswer */
export async function newSecret(terminal: Terminal, prompt: string): Promise<string> {
  for (;;) {
    const secret = await nextSecret(terminal, prompt);
    if (!terminal.isPerson || secret === '' || secret === (await askSecret(terminal, 'Again'))) return secret;
    terminal.note('These two are not alike. Type it twice.');
  }
}

/**
 * Uses a secret; one that is refused is asked for again, three times at most, if there is somebody to ask.
 * @throws whatever `use` throws the last time; NoAnswer
 */
export async function untilTaken<T>(
  terminal: Terminal,
  next: () => Promise<string>,
  use: (secret: string) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const secret = await next();
    try {
      return await use(secret);
    } catch (error) {
      const { kind, message } = asFailure(error);
      if (!terminal.isPerson || tries === TRIES || kind !== 'refused') throw error;
      terminal.note(message);
    }
  }
}
