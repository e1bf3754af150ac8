/** The server compiled as people run it, into a folder of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** @returns the folder; whoever asked for it removes it. The command is `dist/signal/main.js`. */
export async function installServer(): Promise<string> {
  const installed = mkdtempSync(join(tmpdir(), 'sotto-installed-'));
  symlinkSync(resolve('node_modules'), join(installed, 'node_modules'));
  writeFileSync(join(installed, 'package.json'), '{ "type": "module", "version": "1.2.3" }');
  const tsc = resolve('node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'signal', '--outDir', join(installed, 'dist/signal')]);
  return installed;
}
