/**
 * `npm run chat`: the terminal client as its sources are now, which are built again if they have changed, at the folder in which
 * the person stands. Nothing of that is said on standard output, which may be another program's.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..', '..');
const BUILT = join(ROOT, 'dist', 'cli', 'main.js');
const SOURCES = ['app/cli', 'app/core', 'app/platform', 'app/words', 'signal/wire', 'package-lock.json'];

/** When a file, or anything below a folder, has changed last; a folder changes when something in it comes or goes. */
function changed(path) {
  const seen = statSync(path);
  const below = seen.isDirectory() ? readdirSync(path).map((name) => changed(join(path, name))) : [];
  return Math.max(seen.mtimeMs, ...below);
}

function isCurrent() {
  const built = statSync(BUILT, { throwIfNoEntry: false });
  return built !== undefined && SOURCES.every((source) => changed(join(ROOT, source)) <= built.mtimeMs);
}

function build() {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  // What was built before stays, as a client that runs loads its parts when they are wanted.
  const args = [vite, 'build', '-c', join('app', 'cli', 'vite.config.ts'), '--no-emptyOutDir'];
  try {
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
  } catch {
    process.stderr.write('The terminal client cannot be built. Say “npm ci” in its folder, then try again.\n');
    process.exit(1);
  }
}

if (!isCurrent()) build();
process.chdir(process.env.INIT_CWD ?? '.');
await import(pathToFileURL(BUILT).href);
