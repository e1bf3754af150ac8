/** What the person should know that belongs to no single conversation: the newest few, until dismissed. */
import { spoken, type Sentence } from '../base/sentence.ts';
import type { Notice } from './views.ts';

const MAX_NOTICES = 5;

export class Notices {
  #current: readonly Notice[] = [];
  #next = 1;

  get current(): readonly Notice[] {
    return this.#current;
  }

  /** Said again, the same text moves to the end. */
  add(text: Sentence): void {
    const others = this.#current.filter((notice) => spoken(notice.text, 'page') !== spoken(text, 'page'));
    this.#current = [...others, { id: this.#next++, text }].slice(-MAX_NOTICES);
  }

  dismiss(id: number): void {
    this.#current = this.#current.filter((notice) => notice.id !== id);
  }
}
