/** How the program ends, and what that says to whoever started it. */
import { sentenceOf } from '../core/chat/trouble.ts';
import type { Sentence } from '../core/chat/views.ts';
import { causeOf, type Cause } from '../words/causes.ts';
import { shown } from './shown.ts';
import { inTerminal } from './in-terminal.ts';

/** The numbers by which the program ends: see `Cause`. `usage`: the command line, or what stands on it, makes no sense. */
export const EXIT = { done: 0, fault: 1, usage: 2, refused: 3, unreachable: 4 } as const;

/**
 * Something that a person is told, and how a command would end by it: `message` says what happened and what to do, and is safe
 * to show, whoever had a hand in the sentence.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: Cause | 'usage';

  constructor(kind: Cause | 'usage', sentence: Sentence) {
    super(shown(inTerminal(sentence)));
    this.kind = kind;
  }

  get code(): number {
    return EXIT[this.kind];
  }
}

/** Any error, as something a person is told. What an unexpected one says of itself may hold anything, and is not repeated. */
export function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure(causeOf(error), sentenceOf(error));
}
