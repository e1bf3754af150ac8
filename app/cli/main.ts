/** Puts the parts together: the command line, the terminal, and how the program ends. */
import { createRequire } from 'node:module';
import { readArguments, type Request } from './arguments.ts';
import { Stopped } from './end.ts';
import { asFailure, EXIT } from './exit.ts';
import { NoAnswer } from './questions.ts';
import { Terminal } from './terminal.ts';

/** What shells say of a program that was stopped by Ctrl-C. */
const INTERRUPTED = 130;

const terminal = new Terminal({
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  env: process.env,
});

/** @returns the exit code */
async function main(): Promise<number> {
  let request: Request | undefined;
  try {
    // This file is dist/cli/main.js once built.
    const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
    const write = (text: string) => void terminal.streams.output.write(text);
    request = readArguments(process.argv.slice(2), version, write);
    await request?.run(terminal);
    return EXIT.done;
  } catch (error) {
    if (error instanceof Stopped || error instanceof NoAnswer) return INTERRUPTED;
    const { kind, code, message } = asFailure(error);
    if (request?.options.json) terminal.printJson({ event: 'error', code: kind, text: message });
    terminal.tell(message);
    return code;
  }
}

const code = await main();
// A pipe takes what is written in its own time.
await terminal.written();
process.exit(code);
