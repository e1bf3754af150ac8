/** People at terminals. */
import { temporaryFolder } from '../signal/client.ts';
import { Program, type Ended } from './program.ts';

/** One who has a folder of their own. */
export class Person {
  readonly folder = temporaryFolder();
  readonly #file: string;
  readonly #name: string;
  readonly #origin: string;

  constructor(file: string, name: string, origin: string) {
    this.#file = file;
    this.#name = name;
    this.#origin = origin;
  }

  /** Starts a command. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    return new Program(this.#file, ['--data', this.folder, ...args], env);
  }

  /** Runs a command to its end. @param input - all that comes in. */
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
