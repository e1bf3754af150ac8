/** How the program ends, and what that says to whoever started it. */
import { causeOf, type Cause } from '../core/chat/causes.ts';
import { sentenceOf } from '../core/chat/trouble.ts';
import { shown } from './shown.ts';
import { inTerminal } from './words.ts';

/** `fault`: ours. `usage`: the command line. `refused`: somebody said no. `unreachable`: the server or a person is not there. */
export const EXIT = { done: 0, fault: 1, usage: 2, refused: 3, unreachable: 4 } as const;

/**
 * Something that a person is told, and how a command would end by it: `message` says what happened and what to do, and is safe
 * to show, whoever had a hand in the sentence.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: Cause | 'usage';

  constructor(kind: Cause | 'usage', sentence: string) {
    super(shown(sentence));
    this.kind = kind;
  }

  get code(): number {
    return EXIT[this.kind];
  }
}

/** Any error, as one that ends the program. What an unexpected one says of itself may hold anything, and is not repeated. */
export function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure(causeOf(error), inTerminal(sentenceOf(error)));
}
