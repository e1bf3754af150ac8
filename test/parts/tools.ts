/** Programs that tests run beside Node: found on the path, or installed where that may be done. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Only root, and only Debian itself: elsewhere a package of this name may be an empty shell. */
export function mayInstall(): boolean {
  const release = '/etc/os-release';
  return process.getuid?.() === 0 && existsSync(release) && /^ID=debian$/m.test(readFileSync(release, 'utf8'));
}

/** @param name - of a package of Debian. */
export function install(name: string): void {
  console.log(`Installing Debian's ${name}.`);
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], options);
}

function isThere(tool: string): boolean {
  return spawnSync('which', [tool]).status === 0;
}

/** @param name - of Debian's package that has the tool. @returns the tool. @throws one sentence that says what is needed. */
export function ensureTool(tool: string, name: string): string {
  if (isThere(tool)) return tool;
  if (mayInstall()) {
    install(name);
    if (isThere(tool)) return tool;
  }
  throw new Error(`These tests need ${tool}: install ${name}.`);
}
