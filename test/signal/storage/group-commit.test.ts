import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { GroupCommit } from '../../../signal/storage/group-commit.ts';
import { temporaryFolder } from '../client.ts';

/** A database of words, the commits that have reached it, and what puts a word into it; a refused one throws. */
function stage() {
  const path = join(temporaryFolder(), 'words.sqlite');
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE words (word TEXT PRIMARY KEY)');
  const reader = new Database(path, { readonly: true });
  onTestFinished(() => {
    database.close();
    reader.close();
  });
  const insert = database.prepare<[string]>('INSERT INTO words (word) VALUES (?)');
  const read = reader.prepare<[], { word: string }>('SELECT word FROM words ORDER BY word');
  const words = () => read.all().map(({ word }) => word);
  const commits = new GroupCommit(database, (word: string) => insert.run(word).changes);
  /** Grows with every commit to the file by another connection. */
  const version = () => reader.pragma('data_version', { simple: true }) as number;
  return { commits, words, version };
}

test('what is asked for in one turn is committed together, and answered when it is', async () => {
  const { commits, words, version } = stage();
  const before = version();
  const asked = ['a', 'b', 'c'].map(async (word) => {
    expect(await commits.run(word)).toBe(1);
    return words();
  });
  expect(words()).toEqual([]);
  expect(await Promise.all(asked)).toEqual(Array(3).fill(['a', 'b', 'c']));
  expect(version()).toBe(before + 1);
});

test('one that fails takes no other with it', async () => {
  const { commits, words } = stage();
  await commits.run('b');
  const answers = await Promise.allSettled(['a', 'b', 'c'].map((word) => commits.run(word)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(words()).toEqual(['a', 'b', 'c']);
  await expect(commits.run('c')).rejects.toThrow('UNIQUE');
});
