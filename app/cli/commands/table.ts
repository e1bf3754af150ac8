/** The commands. What one does is loaded when it is wanted. */
import type { Options } from '../options.ts';
import type { Terminal } from '../terminal.ts';

type Run = (terminal: Terminal, options: Options, ...args: string[]) => Promise<void>;

export interface Entry {
  /** Its name and what stands behind it, as commander has it: `<must>`, `[may]`. */
  readonly usage: string;
  readonly help: string;
  /** Besides those of every command. */
  readonly options?: readonly (readonly [flags: string, help: string])[];
  /** Whether `--json` means something to it. */
  readonly speaksJson?: true;
  readonly load: () => Promise<Run>;
}

const LEAVE = [
  '--leave',
  'from now on leaves what you write on the server, encrypted, while they are away; “/leave off” ends it',
] as const;

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
    help: 'goes on with a conversation, or with whoever comes; with --json with all, and a name says only for whom --leave is',
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
    help: 'shows the safety number that the two of you compare',
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
    options: [['--new-code', 'makes a new recovery code, if the one before is lost']],
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    usage: 'restore [file]',
    help: 'makes a profile of a backup',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    usage: 'protect',
    help: 'sets, changes or takes away the passphrase of your profile',
    options: [['--new-passphrase-file <file>', 'has the new passphrase on its first line']],
    load: async () => (await import('./protect.ts')).protect,
  },
  {
    usage: 'erase',
    help: 'erases your profile for good',
    options: [['--yes', 'without asking']],
    load: async () => (await import('./erase.ts')).erase,
  },
];
