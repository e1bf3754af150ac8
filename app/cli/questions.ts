/** Asking a person, on standard error, so that what was asked for can go elsewhere. Secrets are not shown. */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { read } from 'read';
import { Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

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
  } catch {
    throw new NoAnswer();
  } finally {
    if (silent) shownOn.write('\n');
  }
}

/** @param otherwise - what to do where there is nobody to ask. @throws Failure, NoAnswer */
export async function ask(terminal: Terminal, prompt: string, otherwise: string): Promise<string> {
  if (!terminal.isPerson) throw new Failure('usage', otherwise);
  return (await answerTo(terminal, prompt, false)).trim();
}

/** What is answered is not shown. @throws Failure, NoAnswer */
export async function askSecret(terminal: Terminal, prompt: string, otherwise: string): Promise<string> {
  if (!terminal.isPerson) throw new Failure('usage', otherwise);
  return answerTo(terminal, prompt, true);
}

/** A new secret, typed twice alike, or the next line that comes in; it may be empty. @throws NoAnswer */
export async function newSecret(terminal: Terminal, prompt: string): Promise<string> {
  for (;;) {
    const secret = await nextSecret(terminal, prompt);
    if (!terminal.isPerson || secret === '' || secret === (await nextSecret(terminal, 'Again'))) return secret;
    terminal.note('These two are not alike. Type it twice.');
  }
}

/** @returns `undefined` if it was answered neither way. @throws Failure, NoAnswer */
export async function askWhether(terminal: Terminal, prompt: string, otherwise: string): Promise<boolean | undefined> {
  return yesOrNo(await ask(terminal, `${prompt} (yes/no)`, otherwise));
}

/** What an answer says; `undefined` if neither. */
export function yesOrNo(answer: string): boolean | undefined {
  if (/^y(es)?$/i.test(answer.trim())) return true;
  return /^no?$/i.test(answer.trim()) ? false : undefined;
}

/** A secret that no option leads to: asked for, or else the next line that comes in. @throws NoAnswer */
export async function nextSecret(terminal: Terminal, prompt: string): Promise<string> {
  if (terminal.isPerson) return askSecret(terminal, prompt, '');
  return (await terminal.lines.next()).value?.text ?? '';
}
