/** Talking through pipes: each line that comes in is a message to one person, and what they write goes out. */
import type { ConversationView } from '../core/chat/views.ts';
import type { End } from './end.ts';
import { Failure } from './exit.ts';
import { finish, tellingWhatWaits } from './leaving.ts';
import { labelOf } from './people.ts';
import { messageLines } from './said.ts';
import { until, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { inTerminal } from './words.ts';

const AWAY = 'Whoever invited you is away. You will be connected when you are both here.';
const MAY_KNOCK =
  'Whoever invited you is away, and lets you join meanwhile: with --leave, word of it is left on the server, encrypted.';

/**
 * Sends what comes in until nothing more does, and waits until it has arrived.
 * @param wait - seconds that it may take. @throws Failure if it has not, or the two are kept from talking; Stopped, ChatError
 */
export async function talkByPipe(
  terminal: Terminal,
  session: Session,
  person: string,
  wait: number,
  end: End,
): Promise<void> {
  session.onevent = (event) => {
    if (event.event !== 'message' || event.from !== person) return;
    const author = labelOf(viewOf(session, person)!, session.chat.conversations);
    terminal.print(messageLines({ author, time: Date.parse(event.time), text: event.text }));
  };
  const written = new Set([person]);
  const talk = async () => {
    for await (const { text } of terminal.lines) {
      if (text === undefined)
        throw new Failure('usage', 'A line is no text, or too long for one message. Send it in parts.');
      if (text.trim() !== '') await session.send(person, text);
    }
    await end.or(letIn(session, person, wait));
    await end.or(finish(session, written, wait));
  };
  await tellingWhatWaits(session, written, talk());
}

/** Waits until whoever invited us has let us in, or has word of us on the server. @throws Failure */
async function letIn(session: Session, person: string, wait: number): Promise<void> {
  const view = () => viewOf(session, person);
  const isDecided = () => !view()?.invited || view()?.refused === true || view()?.knock === 'left';
  await until(session.chat, isDecided, wait * 1000);
  const { invited, refused, knock, trouble } = view() ?? {};
  if (!invited || knock === 'left') return;
  if (refused)
    throw new Failure('refused', inTerminal(trouble ?? 'This invite does not let you in. Ask for a new one.'));
  if (session.chat.server !== 'connected') await session.signedIn();
  throw new Failure('unreachable', trouble === undefined ? (knock === 'may' ? MAY_KNOCK : AWAY) : inTerminal(trouble));
}

function viewOf({ chat }: Session, person: string): ConversationView | undefined {
  return chat.conversations.find(({ id }) => id === person);
}
