/** Our own sentences, in lines that fit. */
import { cellsOf } from './cells.ts';

/** Breaks a sentence between words. @param columns - of the screen; a longer word stands alone. */
export function wrapped(sentence: string, columns: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    if (line !== '' && cellsOf(line) + 1 + cellsOf(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
