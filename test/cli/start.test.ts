/** `npm run chat`, in a clone of its own: it runs what the sources say now, where the person stands. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../signal/client.ts';
import { keyFile } from './key-file.ts';

// It compiles the client several times.
vi.setConfig({ testTimeout: 120_000 });

const NEEDED = ['package.json', 'package-lock.json', 'tsconfig.json', 'app/cli', 'app/core', 'app/platform', 'app/words', 'signal/wire']; // prettier-ignore

/** @returns what runs the client, from a folder that is not the clone's */
function clone() {
  const [folder, here] = [temporaryFolder(), temporaryFolder()];
  for (const name of NEEDED) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const chat = (...args: string[]) => {
    const options = { cwd: here, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: here } } as const;
    const { status, stdout, stderr } = spawnSync('npm', ['--prefix', folder, 'run', '-s', 'chat', '--', ...args], options); // prettier-ignore
    return { code: status, out: stdout, err: stderr };
  };
  return { folder, here, chat };
}

test('it is built when it is missing or its sources are newer, says nothing of it, and is otherwise left', () => {
  const { folder, chat } = clone();
  const built = () => readFileSync(join(folder, 'dist', 'cli', 'main.js'), 'utf8');
  expect(chat('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  appendFileSync(join(folder, 'dist', 'cli', 'main.js'), '\n// as it was');
  expect(chat('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  expect(built()).toContain('// as it was');
  const table = join(folder, 'app', 'cli', 'commands', 'table.ts');
  writeFileSync(table, readFileSync(table, 'utf8').replace('erases your profile for good', 'erases it, newly told'));
  expect(chat('--help')).toMatchObject({ code: 0, out: expect.stringContaining('newly told') as string, err: '' });
  expect(built()).not.toContain('// as it was');
  appendFileSync(table, '\nthis is no program');
  const broken = chat('--version');
  expect(broken).toMatchObject({ code: 1, out: '' });
  expect(broken.err).toMatch(/^The terminal client cannot be built\. Say “npm ci” in its folder, then try again\.$/m);
});

test('names of files and folders mean those where the person stands', () => {
  const { folder, here, chat } = clone();
  cpSync(keyFile(), join(here, 'key.pem'));
  writeFileSync(join(here, 'passphrase'), 'correct horse battery\n', { mode: 0o600 });
  const options = ['--data', 'profile', '--passphrase-file', 'passphrase'];
  expect(chat('keys', 'import', 'key.pem', '--name', 'Ada', ...options)).toMatchObject({ code: 0, err: '' });
  expect(chat('backup', 'ada.sotto', ...options)).toMatchObject({ code: 0, err: '' });
  for (const name of [join('profile', 'profile.sqlite'), 'ada.sotto']) {
    expect([name, existsSync(join(here, name)), existsSync(join(folder, name))]).toEqual([name, true, false]);
  }
});
