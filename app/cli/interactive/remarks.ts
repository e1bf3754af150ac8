/** What is said of a person besides what was written, in the words of the app. */
import type { ConversationView } from '../../core/chat/views.ts';
import { awayNote, BLOCKED, LEAVE_OFFER } from '../../words/about.ts';
import { isLinked } from '../people.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';
import { inTerminal } from '../in-terminal.ts';

/** What stands above a conversation. @param label - who it is with, safe to show. */
export function headingOf({ colors }: Terminal, label: string, { verified }: ConversationView): string {
  const about = `${verified ? 'Verified' : 'Not verified yet'} · End-to-end encrypted · /help`;
  return `\n${colors.bold(label)}  ${colors.dim(about)}`;
}

interface Remark {
  /** What it is about: of one thing it is said once, in whatever words, until it is over. */
  readonly about: string;
  readonly sentence: string;
}

/** What was said of one person. */
export class Remarks {
  #said: readonly string[] = [];
  #wasAway = false;

  /**
   * What there is to say now that was not said yet.
   * @param label - who it is, safe to show. @param mayBeAway - whether it is known that somebody who is not here is away.
   */
  on(person: ConversationView, label: string, mayBeAway: boolean): string[] {
    const isHere = isLinked(person);
    const back = isHere && this.#wasAway ? [`${label} is here.`] : [];
    this.#wasAway = !isHere && (this.#wasAway || (mayBeAway && person.connection === 'away'));
    const remarks = remarksOn(person, label, mayBeAway);
    const fresh = remarks.filter(({ about }) => !this.#said.includes(about));
    this.#said = remarks.map(({ about }) => about);
    return [...back, ...fresh.map(({ sentence }) => sentence)];
  }
}

function remarksOn(person: ConversationView, name: string, mayBeAway: boolean): Remark[] {
  const { trouble, namesake, note, blocked, connection, knock, leaving } = person;
  const remarks = [trouble, namesake, note]
    .filter((one) => one !== undefined)
    .map((one) => ({ about: inTerminal(one), sentence: shown(inTerminal(one)) }));
  if (blocked) {
    remarks.push({ about: 'blocked', sentence: `${BLOCKED.join(name)} To talk again: /unblock` });
  } else if (connection === 'away' && mayBeAway) {
    remarks.push({ about: `away, knock ${knock}`, sentence: awayNote(person).join(name) });
  }
  if (leaving === 'offered' && mayBeAway) {
    remarks.push({ about: 'leaving', sentence: `${LEAVE_OFFER.join(name)} To let it: /leave` });
  }
  return remarks;
}
