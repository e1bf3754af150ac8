/**
 * A small internet of its own, in network namespaces: hosts with public addresses around one router, whose links can be
 * cut and whose packets can be lost. It wants Linux, root, `ip` and `nft`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTool } from '../parts/tools.ts';

/** One machine of the network. */
export interface Host {
  /** The one it has now. */
  readonly address: string;
  /** What runs a program there: put before its name. */
  readonly runner: readonly string[];
  /** @returns the path of a script that runs a program there, for who wants a single path. */
  program(path: string): string;
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/** Why there can be no network of our own here, in a sentence; `undefined` if there can. */
export const noNetwork =
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'Left out: what needs a network of its own, which takes Linux and root.';

let made = 0;

export class Network {
  /** Short: with it begin the names of links, which may have 15 letters. */
  readonly #id = `s${process.pid.toString(36)}${made++}`;
  readonly #hub = `${this.#id}-hub`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sotto-net-'));
  #hosts = 0;

  constructor() {
    ensureTool('ip', 'iproute2');
    ensureTool('nft', 'nftables');
    run('ip', 'netns', 'add', this.#hub);
    this.#inHub('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1');
    this.#inHub('nft', 'add', 'table', 'ip', 'faults');
    this.#inHub('nft', 'add', 'chain', 'ip', 'faults', 'forward', '{ type filter hook forward priority 0; }');
  }

  /** Connects one more host to the router. */
  host(): Host {
    const number = ++this.#hosts;
    const [name, link] = [`${this.#id}-${number}`, this.#link(number)];
    const inHost = (...args: string[]) => run('ip', 'netns', 'exec', name, ...args);
    run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', link, 'netns', this.#hub, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    this.#inHub('ip', 'addr', 'add', `11.0.${number}.1/24`, 'dev', link);
    this.#inHub('ip', 'link', 'set', link, 'up');
    inHost('ip', 'addr', 'add', `11.0.${number}.2/24`, 'dev', 'eth0');
    // Addresses of version 6 would come by themselves a moment later, and a browser breaks off what it loads then.
    inHost('sysctl', '-q', '-w', 'net.ipv6.conf.all.disable_ipv6=1');
    inHost('ip', 'link', 'set', 'lo', 'up');
    inHost('ip', 'link', 'set', 'eth0', 'up');
    inHost('ip', 'route', 'add', 'default', 'via', `11.0.${number}.1`);
    const runner = ['ip', 'netns', 'exec', name];
    return {
      address: `11.0.${number}.2`,
      runner,
      program: (path) => {
        const script = join(this.#folder, `${number}-${path.split('/').pop()}`);
        writeFileSync(script, `#!/bin/sh\nexec ${runner.join(' ')} ${path} "$@"\n`);
        chmodSync(script, 0o755);
        return script;
      },
    };
  }

  /** Gives a host another address in the place of the one it has, as when a device leaves one network for the next. */
  move(host: Host): void {
    const [, , number, last] = host.address.split('.');
    const next = `11.0.${number}.${Number(last) + 1}`;
    const inHost = (...args: string[]) => run(...(host.runner as [string, ...string[]]), ...args);
    inHost('ip', 'addr', 'del', `${host.address}/24`, 'dev', 'eth0');
    inHost('ip', 'addr', 'add', `${next}/24`, 'dev', 'eth0');
    inHost('ip', 'route', 'replace', 'default', 'via', `11.0.${number}.1`);
    (host as { address: string }).address = next;
  }

  /** Lets no packet pass to or from a host. */
  cut(host: Host): void {
    this.#drop('ip', 'saddr', host.address);
    this.#drop('ip', 'daddr', host.address);
  }

  /** Lets no packet pass between two hosts. */
  separate(one: Host, other: Host): void {
    this.#drop('ip', 'saddr', one.address, 'ip', 'daddr', other.address);
    this.#drop('ip', 'saddr', other.address, 'ip', 'daddr', one.address);
  }

  /** Loses this share of all UDP packets, in percent. */
  lose(percent: number): void {
    this.#drop('meta', 'l4proto', 'udp', 'numgen', 'random', 'mod', '100', '<', String(percent));
  }

  /** Lets everything pass again. */
  heal(): void {
    this.#inHub('nft', 'flush', 'chain', 'ip', 'faults', 'forward');
  }

  /** Takes the whole network away, and what still runs in it its links. */
  close(): void {
    for (let number = 1; number <= this.#hosts; number++) run('ip', 'netns', 'del', `${this.#id}-${number}`);
    run('ip', 'netns', 'del', this.#hub);
    rmSync(this.#folder, { recursive: true });
  }

  #link(number: number): string {
    return `to-${number}`;
  }

  #drop(...match: string[]): void {
    this.#inHub('nft', 'add', 'rule', 'ip', 'faults', 'forward', ...match, 'drop');
  }

  #inHub(...args: string[]): void {
    run('ip', 'netns', 'exec', this.#hub, ...args);
  }
}
