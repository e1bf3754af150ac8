/** What stands before the line that is being typed: how things are at this moment. */
import type { ConversationView } from '../../core/chat/views.ts';
import { CONNECTION_WORDS } from '../../words/connection.ts';
import type { LiveProfile } from '../live-profile.ts';
import type { Terminal } from '../terminal.ts';

/** Columns below which there is no room for it. */
const MIN_COLUMNS = 60;

/** How things stand, as far as the screen has room for it. @param person - whom we talk to, if somebody is open. */
export function promptOf(
  { streams, colors }: Terminal,
  live: LiveProfile,
  person: ConversationView | undefined,
): string {
  const words = person ? wordsFor(live, person) : wordFor(live);
  return streams.output.columns >= MIN_COLUMNS ? `${colors.dim(words)} > ` : '> ';
}

function wordsFor(live: LiveProfile, { id, connection, blocked }: ConversationView): string {
  const underWay = live.underWay([id]);
  const state = (live.messages(id).findLast(({ mine }) => mine) ?? underWay.at(-1))?.state;
  const link = blocked ? 'Blocked' : CONNECTION_WORDS[connection];
  return [link, ...(state ? [underWay.length > 1 ? `${underWay.length} ${state}` : state] : [])].join(' · ');
}

/** While nobody is open. */
function wordFor({ chat }: LiveProfile): string {
  if (chat.server !== 'connected') return CONNECTION_WORDS.connecting;
  return chat.invites.length > 0 ? 'Waiting for them' : 'Nobody is open';
}
