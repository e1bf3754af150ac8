/** Comparing the safety number of two people, as it is read aloud. */
import type { Chat } from '../core/chat/chat.ts';
import type { ConversationView, SafetyNumber } from '../core/chat/views.ts';
import { COMPARISON, SAME_DIGITS } from '../words/about.ts';
import { labelOf } from './people.ts';
import { yesOrNo } from './questions.ts';

/** Groups on a line. */
const PER_LINE = 4;

/** Where it is compared. */
interface Place {
  /** Prints lines that are safe to show. */
  readonly print: (lines: string) => void;
  readonly say: (sentence: string) => void;
  /** Without it the number is only shown. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** Shows the number, and how things stand, and asks whether it matches: only a plain answer changes anything. @throws ChatError */
export async function compare(chat: Chat, person: ConversationView, { print, say, ask }: Place): Promise<void> {
  const label = labelOf(person, chat.conversations);
  print(comparison(label, await chat.verification.safetyNumber(person.id)));
  print(person.verified ? `${label} is verified.` : `${label} is not verified yet.`);
  if (!ask) return;
  let match: boolean | undefined;
  while (match === undefined) {
    const answer = await ask('Do they match? (yes/no)');
    if (answer.trim() === '') return say('Nothing was changed.');
    match = yesOrNo(answer);
    if (match === undefined) say('Answer yes or no, or nothing to leave it as it is.');
  }
  if (match !== person.verified) await chat.verification.mark(person.id, match);
  say(match ? `${label} is verified.` : `${label} is not verified.`);
}

/** @param label - who the other is, safe to show. */
function comparison(label: string, { digits }: SafetyNumber): string {
  const groups = digits.match(/.{5}/g) ?? [];
  const lines: string[] = [];
  for (let index = 0; index < groups.length; index += PER_LINE) {
    lines.push(`    ${groups.slice(index, index + PER_LINE).join('  ')}`);
  }
  return [COMPARISON.join(label), SAME_DIGITS, '', ...lines, ''].join('\n');
}
