/** Talking with one person: on a screen, if there is one, or else through pipes. */
import type { End } from './end.ts';
import { talkByPipe } from './pipe.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** @param wait - seconds that what was written last may take to arrive through a pipe. @throws Failure, Stopped, ChatError */
export async function talk(
  terminal: Terminal,
  session: Session,
  person: string,
  wait: number,
  end: End,
): Promise<void> {
  if (!terminal.isScreen) return talkByPipe(terminal, session, person, wait, end);
  // Only people need a screen.
  const { Conversation } = await import('./interactive/conversation.ts');
  await new Conversation(terminal, session).sit(person, end);
}
