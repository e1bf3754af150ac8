/** A sentence that people on a page and in a terminal both read speaks of nothing that only one of them has. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** All that both interfaces may repeat. */
const ROOMS = ['app/core', 'app/platform/profile', 'app/words'];
/** What only a terminal repeats. */
const OF_NODE = ['app/platform/node'];

const OF_A_PAGE = /\b(pages?|tabs?|browsers?|Settings|buttons?)\b|\b(press|click) “/i;
const OF_A_TERMINAL = /(^| )--[a-z]|\b(commands?|terminal|SOTTO_[A-Z]+)\b/;

interface Found {
  readonly text: string;
  /** The place whose wording it is; `undefined` if it is the same in all. */
  readonly place: string | undefined;
}

/** Every text in a source that has words, and is neither a comment nor the name of a module. */
function sentencesIn(name: string, source: string): Found[] {
  const found: Found[] = [];
  const look = (node: ts.Node, place: string | undefined) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isPropertyAssignment(node)) {
      const key = node.name.getText();
      if (key === 'page' || key === 'terminal') return look(node.initializer, key);
    }
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && /[a-z] [a-z]/i.test(node.text)) found.push({ text: node.text, place });
    ts.forEachChild(node, (child) => look(child, place));
  };
  look(ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true), undefined);
  return found;
}

function sourcesIn(rooms: readonly string[]): Found[] {
  return rooms.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => sentencesIn(name, readFileSync(join(room, name), 'utf8'))),
  );
}

/** What is said in a place that does not have it. */
function misplaced(sentences: readonly Found[]): string[] {
  const wrong = ({ text, place }: Found) =>
    (place !== 'page' && OF_A_PAGE.test(text)) || (place !== 'terminal' && OF_A_TERMINAL.test(text));
  return sentences.filter(wrong).map(({ text }) => text);
}

test('what both read speaks of no page and of no command, but where each place has words of its own', () => {
  const sentences = sourcesIn(ROOMS);
  expect(sentences.length).toBeGreaterThan(100);
  expect(misplaced(sentences)).toEqual([]);
});

test('what only a terminal reads speaks of no page', () => {
  const sentences = sourcesIn(OF_NODE).map(({ text }) => ({ text, place: 'terminal' }));
  expect(sentences.length).toBeGreaterThan(0);
  expect(misplaced(sentences)).toEqual([]);
});

test.each([
  [`const a = 'Something is wrong. Reload the page.';`, ['Something is wrong. Reload the page.']],
  ['const a = `${what} Press “Verify”, then try again.`;', [' Press “Verify”, then try again.']],
  [`const a = { page: 'Reload the page.', terminal: 'Reload the page.' };`, ['Reload the page.']],
  [`const a = { page: 'Use another folder: --data DIR.', terminal: 'b' };`, ['Use another folder: --data DIR.']],
  [`const a = { page: 'Reload the page.', terminal: 'Use another folder: --data DIR.' };`, []],
  [`/** The page. */ import { page } from './a page.ts';`, []],
])('the check reads %s', (source, wrong) => {
  expect(misplaced(sentencesIn('a.ts', source))).toEqual(wrong);
});
