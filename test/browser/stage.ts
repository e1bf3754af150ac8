/**
 * A stage for one test: real servers, and people with browsers of their own. Whatever a page complains of - an
 * uncaught error, a console error, a breach of the Content Security Policy or of Trusted Types, a request to anyone
 * but our servers - fails the test, unless the test expects it.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import type { ReadyKey } from '../parts/ready-keys.ts';
import { launchOptions } from './chromium.ts';
import { Network, type Host } from './network.ts';
import { Server, type Environment } from './server.ts';
import type { SharedBrowser } from './shared-browser.ts';
import { SmallDisk } from './small-disk.ts';

/** For one thing to be found or to happen on a page: shorter than a test may take, so that it is named. */
export const STEP_DEADLINE = 15_000;

/** Reports, from inside the page, what the policy has stopped. Playwright runs it before any script of the page. */
function reportViolations(): void {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(
      `violates ${event.effectiveDirective}: ${event.blockedURI} ${event.sample} (${event.sourceFile}:${event.lineNumber})`,
    );
  });
}

export class Stage {
  readonly #servers = new Set<Server>();
  readonly #contexts = new Set<BrowserContext>();
  readonly #folders: string[] = [];
  readonly #disks: SmallDisk[] = [];
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #hosts = new Set<string>();
  readonly #shared: SharedBrowser;
  readonly #ready: ReadyKey[];
  #network: Network | undefined;

  /** @param ready - keys that people in the shared browser begin with: no two with the same */
  constructor(shared: SharedBrowser, ready: readonly ReadyKey[]) {
    this.#shared = shared;
    this.#ready = [...ready];
  }

  /** Makes a network for hosts of its own, gone after the test. */
  network(): Network {
    this.#network ??= new Network();
    return this.#network;
  }

  /** Starts a server; without a DATA_DIR, on an empty folder of its own. @param host - of the network, to run on */
  async server(environment: Environment = {}, host?: Host): Promise<Server> {
    const server = await Server.start({ DATA_DIR: await this.folder(), ...environment }, host?.runner);
    this.#servers.add(server);
    this.#hosts.add(new URL(server.url).host);
    return server;
  }

  /**
   * Opens a person's browser, which stores nothing in common with anyone else's.
   * @param folder where it keeps its data; pass that of a closed browser to open the same one again.
   * @param device flags: more of Chromium's own, for a device that it shall have; host: of the network, to run on.
   */
  async browser(
    folder?: string,
    { flags = [], host }: { flags?: readonly string[]; host?: Host } = {},
  ): Promise<BrowserContext> {
    // A page from anywhere but this machine could not encrypt without a certificate.
    const trusted = [...this.#servers].map(({ url }) => url).join(',');
    const away = host ? [`--unsafely-treat-insecure-origin-as-secure=${trusted}`] : [];
    const { executablePath, args } = launchOptions(host ? (path) => host.program(path) : undefined);
    const context = await chromium.launchPersistentContext(folder ?? (await this.folder()), {
      executablePath,
      args: [...args, ...flags, ...away],
      viewport: { width: 1024, height: 720 },
    });
    return this.#equip(context);
  }

  /**
   * Opens a window for a person, who stores nothing in common with anyone else: sooner there than a browser, but it cannot be
   * killed, has no disk, and its keys were made beforehand.
   */
  async person(): Promise<BrowserContext> {
    return this.#equip(await this.#shared.open(this.#ready));
  }

  async #equip(context: BrowserContext): Promise<BrowserContext> {
    this.#contexts.add(context);
    context.setDefaultTimeout(STEP_DEADLINE);
    context.on('close', () => this.#contexts.delete(context));
    await context.addInitScript(reportViolations);
    for (const page of context.pages()) this.#watch(page);
    context.on('page', (page) => this.#watch(page));
    context.on('weberror', (event) => this.#complain(`uncaught: ${event.error().stack ?? event.error().message}`));
    context.on('console', (message) => {
      if (message.type() === 'error') this.#complain(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('request', (request) => this.#meet(request.url()));
    return context;
  }

  /** Kills a person's browser, as a crash or a lost battery does. */
  async kill(context: BrowserContext): Promise<void> {
    const session = await context.newCDPSession(context.pages()[0]!);
    const closed = new Promise((resolve) => context.once('close', resolve));
    // It dies before it can answer.
    await Promise.all([closed, session.send('Browser.crash').catch(() => undefined)]);
  }

  /** Opens an address in a new tab. */
  async page(context: BrowserContext, url: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** A new empty folder, gone after the test. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'sotto-'));
    this.#folders.push(folder);
    return folder;
  }

  /** A new empty disk of this size, gone after the test. */
  async disk(megabytes: number): Promise<SmallDisk> {
    const disk = new SmallDisk(await this.folder(), megabytes);
    this.#disks.push(disk);
    return disk;
  }

  /** Copies a closed browser's data, as a backup of the disk would. */
  async copyFolder(from: string, to: string): Promise<void> {
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }

  /** Lets pages complain of what matches, once or often; a test that stops the server needs this. */
  expectProblem(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Lets pages ask a server that the test runs itself. */
  allow(url: string): void {
    this.#hosts.add(new URL(url).host);
  }

  /** What pages have complained of, and nobody expected. */
  get problems(): readonly string[] {
    return this.#problems.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
  }

  /** What each page shows, as a screen reader would tell it, and what each server has said: for a failed test. */
  async describe(): Promise<string> {
    const pages = [...this.#contexts].flatMap((context) => context.pages());
    const opened = pages.filter((page) => page.url() !== 'about:blank');
    const views = opened.map(async (page) => {
      const view = await page.locator('body').ariaSnapshot({ timeout: 1000 }).catch(String);
      return `${page.url().replace(/#.*/, '#...')}\n${view}`;
    });
    return [...(await Promise.all(views)), ...[...this.#servers].map((server) => server.output)].join('\n\n');
  }

  /** Closes all browsers and servers and removes their data. @throws unless every server stopped cleanly. */
  async close(): Promise<void> {
    await Promise.all([...this.#contexts].map((context) => context.close()));
    const running = [...this.#servers].filter((server) => server.running);
    const codes = await Promise.all(running.map((server) => server.stop()));
    this.#network?.close();
    for (const disk of this.#disks) disk.close();
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })));
    if (codes.some((code) => code !== 0)) throw new Error(`A server stopped with ${codes.join(', ')} instead of 0.`);
  }

  #watch(page: Page): void {
    page.on('crash', () => this.#complain('a page crashed'));
    page.on('websocket', (socket) => this.#meet(socket.url()));
  }

  #meet(address: string): void {
    const { protocol, host } = new URL(address);
    if (/^(https?|wss?):$/.test(protocol) && !this.#hosts.has(host)) this.#complain(`asked a third party: ${address}`);
  }

  #complain(problem: string): void {
    this.#problems.push(problem);
  }
}
