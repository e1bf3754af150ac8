/** The real, built server as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const READY = /Sotto is ready: (\S+)/;
const START_DEADLINE = 15_000;
const STOP_DEADLINE = 10_000;

export type Environment = Readonly<Record<string, string>>;

/** A running `node dist/signal/main.js`. */
export class Server {
  readonly #child: ChildProcess;
  #output = '';
  /** Where people find it, as it says itself. */
  url = '';

  /**
   * Starts a server on a free port, unless `environment` names one, and waits until it listens.
   * @param environment all that it sees of one, besides PATH; it must name a DATA_DIR.
   * @param runner - what runs it somewhere else.
   * @throws with the server's own words if it ends or stays silent instead.
   */
  static async start(environment: Environment, runner: readonly string[] = []): Promise<Server> {
    const server = new Server(environment, runner);
    await server.#ready();
    return server;
  }

  private constructor(environment: Environment, runner: readonly string[]) {
    const env = { PATH: process.env['PATH'], PORT: '0', ...environment };
    const [program, ...args] = [...runner, process.execPath, 'dist/signal/main.js'];
    this.#child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it as Ctrl-C does. @returns its exit code; `null` if it had to be killed. */
  async stop(): Promise<number | null> {
    if (this.running) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGINT');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE);
      await exited;
      clearTimeout(timer);
    }
    return this.#child.exitCode;
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    if (!this.running) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + START_DEADLINE;
    while (this.running && Date.now() < deadline) {
      const url = READY.exec(this.#output)?.[1];
      if (url) {
        this.url = url;
        return;
      }
      await delay(20);
    }
    await this.kill();
    throw new Error(`The server did not start. It said:\n${this.#output}`);
  }
}
