/** Firefox, as a person's browser: Debian's, driven by WebDriver BiDi. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type ConnectionTransport, type Page } from 'puppeteer-core';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ensureTool } from '../parts/tools.ts';
import type { Host } from './network.ts';

const READY = /WebDriver BiDi listening on ws:\/\/[^:]+:(\d+)/;
const START_DEADLINE = 30_000;
const STEP_DEADLINE = 15_000;

/**
 * Firefox listens on the loopback of the host it runs on, where a test is not: this is run beside it, and hands what comes
 * to a socket in a folder on to it.
 */
const FORWARDER = `
  const { connect, createServer } = require('node:net');
  const [socket, port] = process.argv.slice(1);
  createServer((one) => {
    const other = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [[one, other], [other, one]]) from.pipe(to).on('error', () => from.destroy());
  }).listen(socket, () => console.log('ready'));
`;

/** Puppeteer's way to a browser that it did not start. */
class SocketTransport implements ConnectionTransport {
  onmessage?: (message: string) => void;
  onclose?: () => void;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.onmessage?.((data as Buffer).toString()));
    socket.on('close', () => this.onclose?.());
    socket.on('error', () => undefined);
  }

  send(message: string): void {
    this.#socket.send(message);
  }

  close(): void {
    this.#socket.close();
  }
}

/** What a program prints, until it has printed this. @throws with its words if it does not in time */
async function printed(program: ReturnType<typeof spawn>, pattern: RegExp): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Firefox did not start. It said:\n${output}`)), START_DEADLINE);
    for (const stream of [program.stdout, program.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = pattern.exec(output);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1] ?? '');
      });
    }
  });
}

/** Starts a program that ends with the test. */
function start(runner: readonly string[], program: string, ...args: string[]) {
  const [first, ...others] = [...runner, program, ...args];
  const child = spawn(first!, others, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/**
 * Opens a person's Firefox, with a profile of its own, on an empty page. It ends with the test.
 * @param origin - of the server, which needs no certificate
 * @param host - of a network, to run on
 */
export async function openFirefox(origin: string, host?: Host): Promise<Page> {
  const folder = await mkdtemp(join(tmpdir(), 'sotto-firefox-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const preferences = {
    // As in Chromium: nobody answers for `.local` names, and no page from another host could encrypt.
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'dom.securecontext.allowlist': new URL(origin).hostname,
    'network.proxy.type': 0,
    'toolkit.telemetry.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
  };
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  await writeFile(join(folder, 'user.js'), lines.join('\n'));
  const runner = host?.runner ?? [];
  const options = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0', 'about:blank'];
  const firefox = start(runner, ensureTool('firefox-esr', 'firefox-esr'), ...options);
  const port = await printed(firefox, READY);
  const path = join(folder, 'bidi.sock');
  await printed(start(runner, process.execPath, '-e', FORWARDER, path, port), /ready/);
  const socket = new WebSocket(`ws+unix://${path}:/session`, { headers: { host: `127.0.0.1:${port}` } });
  await once(socket, 'open');
  const browser = await puppeteer.connect({ transport: new SocketTransport(socket), protocol: 'webDriverBiDi' });
  const page = await browser.newPage();
  page.setDefaultTimeout(STEP_DEADLINE);
  await page.setViewport({ width: 1024, height: 720 });
  return page;
}
