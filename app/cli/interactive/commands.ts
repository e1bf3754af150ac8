/** What a person can do beside writing: lines that begin with a slash. */
import { linkFacts } from '../../words/connection.ts';
import { Failure } from '../exit.ts';
import { unreachable } from '../live-profile.ts';
import { findPerson, labelOf } from '../people.ts';
import { compare } from '../safety-number.ts';
import { NOBODY_YET, standing } from '../standings.ts';
import { inTerminal } from '../in-terminal.ts';
import { personAt, type Desk } from './desk.ts';

interface Command {
  readonly name: string;
  /** What stands behind it, for the help. */
  readonly takes?: string;
  readonly help: string;
  readonly run: (desk: Desk, argument: string) => void | Promise<void>;
}

const COMMANDS: readonly Command[] = [
  { name: '/help', help: 'shows this', run: help },
  { name: '/verify', help: 'compares your keys: the safety number', run: verify },
  { name: '/details', help: 'tells how you are connected, or why not', run: details },
  { name: '/history', takes: '[N]', help: 'shows the last 100 messages, or N', run: history },
  {
    name: '/leave',
    takes: '[off]',
    help: 'while they are away, leaves it on the server, encrypted',
    run: leave,
  },
  { name: '/open', takes: 'NAME', help: 'turns to somebody else', run: open },
  { name: '/list', help: 'shows who is in contact with you', run: list },
  { name: '/invite', help: 'makes a link for one more person', run: invite },
  { name: '/read-receipts', takes: 'on|off', help: 'lets others see what you have read, or not', run: readReceipts },
  { name: '/block', help: 'takes nothing from them any more', run: block },
  { name: '/unblock', help: 'takes that back', run: unblock },
  { name: '/quit', help: 'ends this, as Ctrl-C and Ctrl-D do', run: (desk) => desk.quit() },
];

/** Messages that `/history` shows, and the most. */
const HISTORY = 100;
const MAX_HISTORY = 1000;

/** Does what a line says. @throws Failure, ChatError */
export async function runCommand(desk: Desk, line: string): Promise<void> {
  const [word = '', ...rest] = line.trim().split(/\s+/u);
  const command = COMMANDS.find(({ name }) => name === word);
  if (!command)
    throw new Failure(
      'usage',
      'There is no such command; /help shows those there are. To write a slash, begin with two.',
    );
  await command.run(desk, rest.join(' '));
}

/** What a line that is being typed may become. */
export function completeCommand(desk: Desk, line: string): string[] {
  if (line.startsWith('/open ')) {
    return desk.everyone
      .map((person) => `/open ${labelOf(person, desk.everyone)}`)
      .filter((whole) => whole.startsWith(line));
  }
  return line.startsWith('/') ? COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(line)) : [];
}

function help(desk: Desk): void {
  const rows = COMMANDS.map(
    ({ name, takes, help }) => [takes === undefined ? name : `${name} ${takes}`, help] as const,
  );
  const width = Math.max(...rows.map(([what]) => what.length));
  desk.print(rows.map(([what, about]) => `  ${what.padEnd(width)}  ${desk.terminal.colors.dim(about)}`).join('\n'));
  desk.say('Everything else you type is sent. A line that begins with two slashes is sent with one.');
}

async function verify(desk: Desk): Promise<void> {
  await compare(desk.live.chat, personAt(desk), {
    print: (lines) => desk.print(lines),
    say: (sentence) => desk.say(sentence),
    ask: (question) => desk.ask(question),
  });
}

async function details(desk: Desk): Promise<void> {
  const person = personAt(desk);
  const { chat, profile } = desk.live;
  const seen = await chat.connections.describe(person.id);
  if (!seen.route) {
    const isAlone = chat.server === 'connecting' && !person.blocked;
    return desk.say(isAlone ? unreachable(profile.origin) : inTerminal(seen.why));
  }
  const { path, protocol, roundTrip, connectedFor } = linkFacts(seen, Date.now());
  const facts = [
    path,
    ...(protocol ? [protocol] : []),
    ...(roundTrip ? [`round trip ${roundTrip}`] : []),
    `connected for ${connectedFor}`,
  ];
  desk.say(facts.join(' · '));
  desk.say(`Their fingerprint: ${person.id}`);
}

async function history(desk: Desk, argument: string): Promise<void> {
  const person = personAt(desk);
  const wanted = argument === '' ? HISTORY : Number(argument);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_HISTORY) {
    throw new Failure('usage', `Say how many: /history with a number from 1 to ${MAX_HISTORY}.`);
  }
  const thread = await desk.live.chat.thread(person.id);
  try {
    while (thread.older && thread.messages.length < wanted) await thread.loadOlder();
    for (const message of thread.messages.slice(-wanted)) desk.show(message);
  } finally {
    thread.close();
  }
}

async function leave(desk: Desk, argument: string): Promise<void> {
  const person = personAt(desk);
  if (argument !== '' && argument !== 'off') throw new Failure('usage', 'It is /leave, or /leave off.');
  if (person.leaving === undefined)
    throw new Failure(
      'refused',
      'Nothing can be left for them here. What you write is kept, and goes when you are both here.',
    );
  await desk.live.chat.mailbox.setLeaving(person.id, argument === '');
  desk.say(
    argument === ''
      ? 'From now on what you write is left on the server, encrypted, while they are away. /leave off ends it.'
      : 'From now on what you write waits here while they are away.',
  );
}

function open(desk: Desk, argument: string): void {
  if (argument === '') throw new Failure('usage', 'Say whom: /open NAME; /list shows who there is.');
  desk.open(findPerson(desk.live.chat, argument, '/list').id);
}

function list(desk: Desk): void {
  const { terminal, everyone } = desk;
  if (everyone.length === 0) return desk.say(NOBODY_YET.within);
  desk.print(everyone.map((person) => `  ${standing(terminal, person, everyone, true)}`).join('\n'));
}

async function invite(desk: Desk): Promise<void> {
  desk.handOver(await desk.live.chat.createInvite());
}

async function readReceipts(desk: Desk, argument: string): Promise<void> {
  const { settings } = desk.live.chat;
  if (argument !== '' && argument !== 'on' && argument !== 'off')
    throw new Failure('usage', 'It is /read-receipts on, or /read-receipts off.');
  if (argument !== '') await settings.change({ readReceipts: argument === 'on' });
  desk.say(
    settings.choices.readReceipts ? 'Others can see what you have read.' : 'Others cannot see what you have read.',
  );
}

async function block(desk: Desk): Promise<void> {
  await desk.live.chat.block(personAt(desk).id);
}

async function unblock(desk: Desk): Promise<void> {
  await desk.live.chat.unblock(personAt(desk).id);
}
