/** People at terminals. */
import { startServer, temporaryFolder, type Running } from '../signal/client.ts';
import type { Client } from './client.ts';
import type { Ended, Environment, Program } from './program.ts';
import type { PseudoTerminal, Screen } from './pseudo-terminal.ts';

/** One who has a folder of their own. */
export class Person {
  readonly folder = temporaryFolder();
  readonly #client: Client;
  readonly #name: string;
  readonly #origin: string;

  constructor(client: Client, name: string, origin: string) {
    this.#client = client;
    this.#name = name;
    this.#origin = origin;
  }

  /** Starts a command, behind pipes. */
  start(args: readonly string[], env?: Environment): Program {
    // How long something takes is no matter, unless a test says so.
    return this.#client.start(this.folder, ['--wait', '60', ...args], env);
  }

  /** Starts a command, at a terminal. */
  terminal(args: readonly string[], screen?: Screen): PseudoTerminal {
    return this.#client.terminal(this.folder, args, screen);
  }

  /** Runs a command to its end, behind pipes. @param input - all that comes in. */
  run(args: readonly string[], input = ''): Promise<Ended> {
    return this.start(args).end(input);
  }

  /** Makes an invite, and goes on in lines of JSON. */
  async invites(...options: string[]): Promise<{ program: Program; link: string }> {
    const program = this.start(['invite', '--json', '--name', this.#name, '--server', this.#origin, ...options]);
    const { link } = await program.event(({ event }) => event === 'invite');
    return { program, link: link as string };
  }

  /** Answers an invite, and goes on in lines of JSON. */
  async joins(link: string): Promise<Program> {
    const program = this.start(['join', link, '--json', '--name', this.#name]);
    await program.event(({ event }) => event === 'connected');
    return program;
  }
}

/** Ada and Bob, who have a server, and no profiles yet. */
export interface TwoPeople {
  readonly ada: Person;
  readonly bob: Person;
  readonly server: Running;
}

/** @returns Ada and Bob, who do not know each other. */
export async function twoPeople(client: Client): Promise<TwoPeople> {
  const server = await startServer();
  return { ada: new Person(client, 'Ada', server.origin), bob: new Person(client, 'Bob', server.origin), server };
}

/** Ada, whose program does not run, and Bob, whose program does; they know each other. */
export interface InContact extends TwoPeople {
  readonly bobs: Program;
}

/** @param hello - what Bob has written to Ada, if anything. */
export async function inContact(client: Client, hello?: string): Promise<InContact> {
  const { ada, bob, server } = await twoPeople(client);
  const { program, link } = await ada.invites();
  const bobs = await bob.joins(link);
  await program.event(({ event }) => event === 'connected');
  if (hello !== undefined) {
    bobs.order({ send: hello, to: 'Ada' });
    await program.event(({ event }) => event === 'message');
  }
  await program.end();
  return { ada, bob, bobs, server };
}
