/**
 * How much of a row a text takes. A row that is too long goes on at the left edge, where it could be taken for a line of its
 * own; so where terminals differ, it is the most that counts.
 */

/** Drawn onto, or into, what stands before it. All other marks are a cell of their own to some terminals. */
const NO_CELL = /[\u0300-\u036f]|\u200c|\u200d|\ufe0e/;
/** East Asian characters and signs, emoji, and all that may be drawn like them. */
const TWO_CELLS =
  /[\p{Extended_Pictographic}\p{Emoji_Presentation}\u1100-\u115f\u2300-\u23ff\u2600-\u27bf\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{3ffff}]/u;

/** The cells that a text takes at most. */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
}

function cellsOfCharacter(character: string): number {
  if (NO_CELL.test(character)) return 0;
  return TWO_CELLS.test(character) ? 2 : 1;
}

/**
 * A line in pieces that fit: broken after words where that is possible.
 * @param first - cells for the first piece, which may be empty. @param others - for each other, at least two.
 */
export function broken(line: string, first: number, others = first): string[] {
  const pieces: string[] = [];
  let [start, afterSpace, cells, room] = [0, 0, 0, first];
  for (let at = 0; at < line.length;) {
    const character = String.fromCodePoint(line.codePointAt(at)!);
    cells += cellsOfCharacter(character);
    if (cells <= room || (at === start && pieces.length > 0)) {
      at += character.length;
      if (character === ' ') afterSpace = at;
      continue;
    }
    const end = character === ' ' || afterSpace <= start ? at : afterSpace;
    pieces.push(line.slice(start, end));
    // The space that did not fit is the break itself.
    start = character === ' ' ? at + 1 : end;
    [at, cells, room] = [start, 0, others];
  }
  return [...pieces, line.slice(start)];
}
