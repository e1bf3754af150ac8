/** The commands. What one does is loaded when it is wanted. */
import type { Options } from '../options.ts';
import type { Terminal } from '../terminal.ts';

type Run = (terminal: Terminal, options: Options, ...args: string[]) => Promise<void>;

export interface Entry {
  readonly usage: string;
  readonly help: string;
  readonly options?: readonly (readonly [flags: string, help: string])[];
  readonly speaksJson?: true;
  readonly load: () => Promise<Run>;
}

const LEAVE = ['--leave', 'leaves what you write on the server, encrypted, while they are away'] as const;

export const COMMANDS: readonly Entry[] = [
  {
    usage: 'invite',
    help: 'makes a link, and waits for whoever comes by it',
    options: [['--knock', 'lets them join while you are away']],
    speaksJson: true,
    load: async () => (await import('./invite.ts')).invite,
  },
  {
    usage: 'join [link]',
    help: 'answers a link; without one it is asked for, and no history of your shell keeps it',
    options: [LEAVE],
    speaksJson: true,
    load: async () => (await import('./join.ts')).join,
  },
  {
    usage: 'open [name]',
    help: 'goes on with a conversation; with --json and without a name, with all',
    options: [LEAVE],
    speaksJson: true,
    load: async () => (await import('./open.ts')).open,
  },
  {
    usage: 'list',
    help: 'tells who is in contact with you',
    speaksJson: true,
    load: async () => (await import('./list.ts')).list,
  },
  {
    usage: 'verify <name>',
    help: 'shows the digits that the two of you compare',
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    usage: 'log <name>',
    help: 'prints a conversation',
    load: async () => (await import('./log.ts')).log,
  },
  {
    usage: 'keys [what] [file]',
    help: 'tells your fingerprint; “export FILE” and “import FILE” take your key out, or bring one',
    load: async () => (await import('./keys.ts')).keys,
  },
  {
    usage: 'backup [file]',
    help: 'backs everything up, encrypted: to the server, or to a file',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    usage: 'restore [file]',
    help: 'makes a profile of a backup',
    load: async () => (await import('./restore.ts')).restore,
  },
];
