/** What a person can do beside writing: lines that begin with a slash. */
import { formatDuration } from '../../core/chat/moments.ts';
import { Failure } from '../exit.ts';
import { findPerson, labelOf } from '../people.ts';
import { yesOrNo } from '../questions.ts';
import { comparison } from '../safety-number.ts';
import type { ConversationView, MessageView } from '../../core/chat/views.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { inTerminal } from '../words.ts';

/** What commands work on. */
export interface Desk {
  readonly terminal: Terminal;
  readonly session: Session;
  /** Whom we talk to, as long as they are a contact. */
  readonly person: ConversationView | undefined;
  readonly everyone: readonly ConversationView[];
  /** A person, as lists show them. */
  label(id: string): string;
  /** Turns to a person, and shows what was said last. */
  open(id: string): void;
  leave(): void;
  print(lines: string): void;
  /** Says something that nobody has written. */
  say(sentence: string): void;
  show(message: Pick<MessageView, 'mine' | 'time' | 'text'>): void;
  /** Asks, in the place of the next message; what was entered before is no answer. */
  ask(question: string): Promise<string>;
}

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
    help: 'leaves it on the server, encrypted, while they are away',
    run: leave,
  },
  { name: '/open', takes: 'NAME', help: 'turns to somebody else', run: open },
  { name: '/list', help: 'shows who is in contact with you', run: list },
  { name: '/invite', help: 'makes a link for one more person', run: invite },
  { name: '/read-receipts', takes: 'on|off', help: 'lets others see what you have read, or not', run: readReceipts },
  { name: '/block', help: 'takes nothing from them any more', run: block },
  { name: '/unblock', help: 'takes that back', run: unblock },
  { name: '/quit', help: 'leaves, as Ctrl-C and Ctrl-D do', run: (desk) => desk.leave() },
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
  const { person } = desk;
  if (!person) return;
  const { verification } = desk.session.chat;
  desk.print(comparison(desk.label(person.id), await verification.safetyNumber(person.id)));
  const match = yesOrNo(await desk.ask('Do they match? (yes/no)'));
  if (match !== undefined && match !== person.verified) await verification.mark(person.id, match);
  desk.say(
    desk.person?.verified ? `${desk.label(person.id)} is verified.` : `${desk.label(person.id)} is not verified.`,
  );
}

async function details(desk: Desk): Promise<void> {
  const { person } = desk;
  if (!person) return;
  const seen = await desk.session.chat.connections.describe(person.id);
  if (!seen.route) return desk.say(inTerminal(seen.why));
  const path = seen.route === 'direct' ? 'Direct, between your two devices' : 'Through the server’s relay';
  const facts = [
    path,
    ...(seen.protocol ? [seen.protocol.toUpperCase()] : []),
    ...(seen.roundTrip === undefined ? [] : [`round trip ${Math.max(1, Math.round(seen.roundTrip))} ms`]),
    `connected for ${formatDuration(Date.now() - seen.since)}`,
  ];
  desk.say(facts.join(' · '));
  desk.say(`Their fingerprint: ${person.id}`);
}

async function history(desk: Desk, argument: string): Promise<void> {
  const { person } = desk;
  if (!person) return;
  const wanted = argument === '' ? HISTORY : Number(argument);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_HISTORY) {
    throw new Failure('usage', `Say how many: /history with a number from 1 to ${MAX_HISTORY}.`);
  }
  const thread = await desk.session.chat.thread(person.id);
  try {
    while (thread.older && thread.messages.length < wanted) await thread.loadOlder();
    for (const message of thread.messages.slice(-wanted)) desk.show(message);
  } finally {
    thread.close();
  }
}

async function leave(desk: Desk, argument: string): Promise<void> {
  const { person, session } = desk;
  if (!person) return;
  if (argument !== '' && argument !== 'off') throw new Failure('usage', 'It is /leave, or /leave off.');
  if (person.leaving === undefined)
    throw new Failure(
      'refused',
      'Nothing can be left for them here. What you write is kept, and goes when you are both here.',
    );
  await session.chat.mailbox.setLeaving(person.id, argument === '');
  desk.say(
    argument === ''
      ? 'What you write is left on the server, encrypted, while they are away.'
      : 'What you write waits here while they are away.',
  );
}

function open(desk: Desk, argument: string): void {
  if (argument === '') throw new Failure('usage', 'Say whom: /open NAME; /list shows who there is.');
  desk.open(findPerson(desk.session.chat, argument).id);
}

function list(desk: Desk): void {
  const lines = desk.everyone.map((person) => {
    const unread =
      person.unread > 0 && person.id !== desk.person?.id ? desk.terminal.colors.dim(`  ${person.unread} unread`) : '';
    return `  ${labelOf(person, desk.everyone)}${unread}`;
  });
  desk.print(lines.join('\n'));
}

async function invite(desk: Desk): Promise<void> {
  const { link } = await desk.session.chat.createInvite();
  desk.print(`Send this link to one person. It lets in whoever opens it first:\n\n${link}\n`);
}

async function readReceipts(desk: Desk, argument: string): Promise<void> {
  const { settings } = desk.session.chat;
  if (argument !== '' && argument !== 'on' && argument !== 'off')
    throw new Failure('usage', 'It is /read-receipts on, or /read-receipts off.');
  if (argument !== '') await settings.change({ readReceipts: argument === 'on' });
  desk.say(
    settings.choices.readReceipts ? 'Others can see what you have read.' : 'Others cannot see what you have read.',
  );
}

async function block(desk: Desk): Promise<void> {
  if (desk.person) await desk.session.chat.block(desk.person.id);
}

async function unblock(desk: Desk): Promise<void> {
  if (desk.person) await desk.session.chat.unblock(desk.person.id);
}
