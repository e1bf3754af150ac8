/** Talking through pipes: each line that comes in is a message to one person, and what they write goes out. */
import type { ConversationView } from '../core/chat/views.ts';
import { asFailure, Failure } from './exit.ts';
import { finish } from './leaving.ts';
import { labelOf } from './people.ts';
import { messageLines } from './said.ts';
import { until, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { inTerminal } from './words.ts';

/** Begins to print what somebody writes. */
export function printFrom(terminal: Terminal, session: Session, person: string): void {
  session.onevent = (event) => {
    if (event.event !== 'message' || event.from !== person) return;
    const author = labelOf(viewOf(session, person)!, session.chat.conversations);
    terminal.print(messageLines({ author, time: Date.parse(event.time), text: event.text }));
  };
}

/**
 * Sends what comes in until nothing more does, and waits until it has arrived.
 * @param wait - seconds that it may take. @throws Failure if it has not, or the two are kept from talking; ChatError
 */
export async function talkByPipe(terminal: Terminal, session: Session, person: string, wait: number): Promise<void> {
  const over = Promise.race([terminal.stopped.then(() => 'over' as const), session.turnedAway()]);
  for (;;) {
    const next = await Promise.race([terminal.lines.next(), over]);
    if (next === 'over') return;
    if (next instanceof Failure) throw next;
    if (next.done) break;
    const { text } = next.value;
    if (text === undefined) throw new Failure('usage', 'A line is no text, or too long for one message. Send it in parts.');
    if (text.trim() !== '') await session.send(person, text);
  }
  const done = Promise.all([letIn(session, person, wait), finish(session, new Set([person]), wait)]);
  const end = await Promise.race([done, over]);
  if (end instanceof Failure) throw end;
}

/** Waits until whoever invited us has let us in, or has word of us on the server. @throws Failure */
async function letIn(session: Session, person: string, wait: number): Promise<void> {
  const view = () => viewOf(session, person);
  const isOpen = () => !view()?.invited || view()?.refused || view()?.knock === 'left';
  await until(session.chat, () => isOpen() === true, wait * 1000);
  const { invited, refused, knock, trouble } = view() ?? {};
  if (!invited || knock === 'left') return;
  if (refused) throw new Failure('refused', inTerminal(trouble ?? 'This invite does not let you in. Ask for a new one.'));
  await session.signedIn().catch((error: unknown) => Promise.reject(asFailure(error)));
  throw new Failure('unreachable', 'Whoever invited you is away. You will be connected when you are both here.');
}

function viewOf({ chat }: Session, person: string): ConversationView | undefined {
  return chat.conversations.find(({ id }) => id === person);
}
