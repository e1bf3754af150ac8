/** Ending well: what was written has arrived, or it is said that it waits here. */
import { Stopped } from './end.ts';
import { Failure } from './exit.ts';
import type { LiveProfile } from './live-profile.ts';
import { labelOf } from './people.ts';

/**
 * Waits until all that we wrote in these conversations is with the others, or on the server.
 * @param wait - seconds at most. @throws Failure if some of it still waits here then
 */
export async function arrived(live: LiveProfile, conversations: ReadonlySet<string>, wait: number): Promise<void> {
  await live.settled(conversations, wait * 1000);
  const left = waitingSentence(live, conversations);
  if (left !== undefined) throw new Failure('unreachable', left);
}

/** Talks until that ends, or somebody wants it to. @throws Failure if some of what we wrote still waits here then */
export async function tellingWhatWaits(
  live: LiveProfile,
  conversations: ReadonlySet<string>,
  talk: Promise<void>,
): Promise<void> {
  try {
    await talk;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const left = waitingSentence(live, conversations);
    if (left !== undefined) throw new Failure('unreachable', left);
  }
}

/** What to say of messages that have not arrived; `undefined` if all have. */
export function waitingSentence(live: LiveProfile, conversations: ReadonlySet<string>): string | undefined {
  const count = live.underWay(conversations).length;
  if (count === 0) return undefined;
  const everyone = live.chat.conversations;
  const people = everyone.filter(({ id }) => conversations.has(id) && live.underWay([id]).length > 0);
  const whom = people.map((person) => labelOf(person, everyone)).join(', ');
  const what =
    count === 1 ? `One message to ${whom} waits here. It goes` : `${count} messages to ${whom} wait here. They go`;
  const mayLeave = people.some(({ leaving }) => leaving === 'off' || leaving === 'offered');
  const remedy = mayLeave ? '; or leave it on the server: --leave' : '';
  return `${what} out when this profile is open again and you are both here${remedy}.`;
}
