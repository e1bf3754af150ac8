/** Ending well: what was written has arrived, or it is said that it waits here. */
import { Stopped } from './end.ts';
import { Failure } from './exit.ts';
import type { Session } from './session.ts';

/**
 * Waits until all that we wrote in these conversations is with the others, or on the server.
 * @param wait - seconds at most. @throws Failure if some of it still waits here then
 */
export async function finish(session: Session, conversations: ReadonlySet<string>, wait: number): Promise<void> {
  await session.settled(conversations, wait * 1000);
  const left = waitingSentence(session, conversations);
  if (left !== undefined) throw new Failure('unreachable', left);
}

/** Talks until that ends. @throws Failure if somebody wants it to end earlier, and some of what we wrote still waits here */
export async function tellingWhatWaits(
  session: Session,
  conversations: ReadonlySet<string>,
  talk: Promise<void>,
): Promise<void> {
  try {
    await talk;
  } catch (error) {
    const left = error instanceof Stopped ? waitingSentence(session, conversations) : undefined;
    throw left === undefined ? error : new Failure('unreachable', left);
  }
}

/** What to say of messages that have not arrived; `undefined` if all have. */
export function waitingSentence(session: Session, conversations: ReadonlySet<string>): string | undefined {
  const count = session.underWay(conversations).length;
  if (count === 0) return undefined;
  const what = count === 1 ? 'One message waits here. It goes' : `${count} messages wait here. They go`;
  return `${what} out when this profile is open again and you are both here.`;
}
