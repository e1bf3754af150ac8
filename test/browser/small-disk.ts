/** A disk of its own for a browser, so small that it can be filled. It wants Linux and root. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Why there can be no disk of our own here, in a sentence; `undefined` if there can. */
export const noSmallDisk =
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'Left out: what needs a disk of its own, which takes Linux and root.';

const TOP_UP = 20;

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

export class SmallDisk {
  readonly folder: string;
  readonly #filler: string;
  #filling: ReturnType<typeof setInterval> | undefined;

  /** @param folder - an empty one, where the disk is to be */
  constructor(folder: string, megabytes: number) {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder);
    this.folder = folder;
    this.#filler = join(folder, 'filler');
  }

  /** Leaves no room at all, nor what a browser makes by removing files of its own, until it is cleared. */
  fill(): void {
    this.#fill();
    this.#filling = setInterval(() => this.#fill(), TOP_UP);
  }

  /** Makes room again. */
  clear(): void {
    clearInterval(this.#filling);
    rmSync(this.#filler);
  }

  /** Takes the disk away; what still runs on it keeps it until it ends. */
  close(): void {
    clearInterval(this.#filling);
    run('umount', '--lazy', this.folder);
  }

  #fill(): void {
    const file = openSync(this.#filler, 'a');
    const block = new Uint8Array(64 * 1024);
    try {
      while (statfsSync(this.folder).bavail > 0) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }
}
