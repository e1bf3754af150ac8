/** What is said of a person besides what was written, in the words of the app. */
import type { ConversationView } from '../../core/chat/views.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';
import { inTerminal } from '../words.ts';

/** What stands above a conversation. @param label - who it is with, safe to show. */
export function headingOf({ colors }: Terminal, label: string, { verified }: ConversationView): string {
  const about = `${verified ? 'Verified' : 'Not verified yet'} · End-to-end encrypted · /help`;
  return `\n${colors.bold(label)}  ${colors.dim(about)}`;
}

/** What there is to say now; each is said once, until it is over. */
export function remarksOn(person: ConversationView): string[] {
  const { trouble, namesake, note, blocked, connection, leaving } = person;
  const name = shown(person.name);
  const sentences = [trouble, namesake, note].filter((one) => one !== undefined).map((one) => shown(inTerminal(one)));
  if (blocked) sentences.push(`You have blocked ${name}. They are not told. To talk again: /unblock`);
  else if (connection === 'away') sentences.push(awayNote(person, name));
  if (leaving === 'offered') {
    sentences.push(
      `The server can keep what you write until ${name} comes. It cannot read it; it sees that you write to them, when, and how much. To let it: /leave`,
    );
  }
  return sentences;
}

function awayNote({ knock, leaving }: ConversationView, name: string): string {
  if (knock === 'left') return `Left on the server: ${name} will find you when they come back.`;
  if (knock === 'may' && leaving === 'on') {
    return `${name} is away, and lets you join meanwhile: word of it is being left on the server.`;
  }
  if (leaving === 'on') return `${name} is away. What you write is left on the server, encrypted, until they come.`;
  return `${name} is away. You will be connected when you are both here.`;
}
