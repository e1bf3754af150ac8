/** The app's own sentences, as they are said here. */
import { spoken, type Sentence } from '../core/chat/views.ts';

/** A sentence where there is no page, no tab and no button. */
export function inTerminal(sentence: Sentence): string {
  return spoken(sentence, 'terminal');
}
