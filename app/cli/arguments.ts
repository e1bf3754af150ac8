/** The command line. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { COMMANDS, type Entry } from './commands/table.ts';
import { Failure } from './exit.ts';
import { DEFAULT_DATA, DEFAULT_SERVER, DEFAULT_WAIT, MAX_WAIT, type Options } from './options.ts';
import type { Terminal } from './terminal.ts';

/** What a command line asks for. */
export interface Request {
  readonly options: Options;
  readonly run: (terminal: Terminal) => Promise<void>;
}

const EXAMPLES = `
Examples:
  npm run -s chat -- invite --name Ada
  npm run -s chat -- join
  npm run -s chat -- open Grace
  echo "The backup is done." | npm run -s chat -- open Grace --leave`;

/**
 * @param version - of the program. @param write - takes help that was asked for.
 * @returns `undefined` if it was. @throws Failure
 */
export function readArguments(
  args: readonly string[],
  version: string,
  write: (text: string) => void,
): Request | undefined {
  let request: Request | undefined;
  const program = programWith(version);
  program.configureOutput({ writeOut: write, writeErr: () => undefined });
  for (const entry of COMMANDS) addCommand(program, entry, (made) => (request = made));
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code = '', message = '' } = error as { code?: string; message?: string };
    if (code === 'commander.helpDisplayed' || code === 'commander.version') return undefined;
    throw new Failure('usage', sentenceFor(code, message));
  }
  return request;
}

function programWith(version: string): Command {
  const server = `of a new or restored profile, ${DEFAULT_SERVER} unless an invite names one; moves an old one there`;
  const token = 'of a private server; others on this machine can see it here, so rather set SOTTO_TOKEN';
  return new Command('npm run -s chat --')
    .description('Sotto in a terminal. A person here and a person in a browser are equals.')
    .addHelpText('after', EXAMPLES)
    .version(version, '--version', 'tells the version')
    .helpOption('-h, --help', 'tells more, also of each command')
    .helpCommand(false)
    .option('--name <name>', 'what people call you: asked for a new profile, changed in an old one')
    .addOption(
      new Option('--data <dir>', 'the folder of your profile').env('SOTTO_DATA').default(DEFAULT_DATA, '~/.sotto'),
    )
    .addOption(new Option('--server <url>', server).env('SOTTO_SERVER'))
    .addOption(new Option('--token <token>', token).env('SOTTO_TOKEN'))
    .option('--passphrase-file <file>', 'has your passphrase on its first line')
    .addOption(
      new Option('--passphrase-fd <n>', 'a descriptor, from 3 on, that gives your passphrase').argParser(whole(3, 255)),
    )
    .addOption(
      new Option('--wait <seconds>', 'how long what a pipe has sent may take to arrive')
        .argParser(whole(0, MAX_WAIT))
        .default(DEFAULT_WAIT),
    )
    .option('--json', 'speaks lines of JSON: invite, join, open, list')
    .exitOverride();
}

function addCommand(program: Command, entry: Entry, found: (request: Request) => void): void {
  const command = program.command(entry.usage).description(entry.help);
  for (const [flags, help] of entry.options ?? []) command.option(flags, help);
  command.exitOverride((error) => {
    if (error.code === 'commander.missingArgument') throw new Failure('usage', `It is: ${usageOf(entry)}. ${MORE}`);
    throw error;
  });
  command.action(() => {
    const moves = command.getOptionValueSourceWithGlobals('server') === 'cli';
    const options = { ...command.optsWithGlobals<Omit<Options, 'moves'>>(), moves };
    if (options.json && !entry.speaksJson) {
      throw new Failure('usage', '--json is for invite, join, open and list. Leave it out here.');
    }
    found({ options, run: async (terminal) => (await entry.load())(terminal, options, ...command.args) });
  });
}

/** A command as it is typed, such as `open NAME`. */
function usageOf({ usage }: Entry): string {
  return usage.replaceAll(/<([a-z]+)>/g, (_, what: string) => what.toUpperCase());
}

/** A whole number. */
function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,6}$/.test(text) || Number(text) < least || Number(text) > most) throw new InvalidArgumentError('');
    return Number(text);
  };
}

const MORE = 'See what there is: --help.';
/** Without what was given: it may be a link or a passphrase in the wrong place. */
const SENTENCES: Readonly<Record<string, string>> = {
  'commander.help': `Say what to do, such as “invite” or “join”. ${MORE}`,
  'commander.unknownCommand': `There is no such command. ${MORE}`,
  'commander.excessArguments': `There is more on the command line than this command takes. ${MORE}`,
};

function sentenceFor(code: string, message: string): string {
  const said = SENTENCES[code];
  if (said !== undefined) return said;
  const [option] = /--?[a-z][a-z-]*/.exec(message) ?? [];
  if (code === 'commander.unknownOption') return `There is no option ${option ?? 'like this'}. ${MORE}`;
  return `The option ${option ?? 'given'} wants something else behind it. ${MORE}`;
}
