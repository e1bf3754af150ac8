/** A real relay, with the configuration that ships, on a host of a network. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { ensureTool } from '../parts/tools.ts';
import type { Host } from './network.ts';

/** Starts it; it ends with the test. @param secret - which it takes for the server's */
export function startRelay({ address, runner }: Host, secret: string): void {
  const options = ['-c', 'signal/turnserver.conf', '--realm=chat.example', `--static-auth-secret=${secret}`];
  const here = [`--listening-ip=${address}`, `--relay-ip=${address}`, '--no-tls', '--no-dtls'];
  const [program, ...args] = [...runner, ensureTool('turnserver', 'coturn'), ...options, ...here];
  const relay = spawn(program!, args, { stdio: 'ignore' });
  const ended = once(relay, 'exit');
  onTestFinished(async () => {
    relay.kill();
    await ended;
  });
}
