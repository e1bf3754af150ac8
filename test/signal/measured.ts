/** The server as a process of its own, that can be asked what it holds: heap and descriptors. It wants Linux. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './client.ts';

/** Why it cannot be measured here, in a sentence; `undefined` if it can. */
export const noMeasures =
  process.platform === 'linux' ? undefined : 'Left out: what counts the descriptors of a process, which takes Linux.';

export interface Held {
  /** Bytes, after everything that nobody holds was collected. */
  readonly heap: number;
  /** Open files and sockets. */
  readonly descriptors: number;
}

/** Loaded before the server: answers whoever started it. */
const PROBE = `
import { readdirSync } from 'node:fs';
process.on('message', () => {
  globalThis.gc();
  const descriptors = readdirSync('/proc/self/fd').length;
  process.send({ heap: process.memoryUsage().heapUsed, descriptors });
});
process.channel.unref();
`;

export interface MeasuredServer {
  readonly origin: string;
  readonly port: number;
  held(): Promise<Held>;
  /** Ends it as people do. @returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a server, which stops after the test. @param installed - from `installServer` */
export async function startMeasured(installed: string): Promise<MeasuredServer> {
  const probe = join(installed, 'probe.mjs');
  writeFileSync(probe, PROBE);
  const program = spawn(process.execPath, ['--expose-gc', '--import', probe, join(installed, 'dist/signal/main.js')], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  const ended = once(program, 'exit');
  const said = await Promise.race([once(program.stdout!, 'data'), ended.then(() => ['it ended'])]);
  const origin = /Sotto is ready: (\S+)/.exec(String(said[0]))?.[1];
  if (origin === undefined) throw new Error(`The server did not start: ${String(said[0])}`);
  return {
    origin,
    port: Number(new URL(origin).port),
    async held() {
      const answer = once(program, 'message');
      program.send('held');
      return ((await answer) as [Held])[0];
    },
    async stop() {
      program.kill('SIGINT');
      return ((await ended) as [number | null])[0];
    },
  };
}
