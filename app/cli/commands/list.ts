/** Who is in contact with us. Nobody is asked for it. */
import { formatDeadline, formatMoment } from '../../core/chat/moments.ts';
import type { ConversationView } from '../../core/chat/views.ts';
import type { Options } from '../options.ts';
import { labelOf } from '../people.ts';
import { openProfile } from '../profile.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

/** Characters of a preview. */
const PREVIEW = 40;

export async function list(terminal: Terminal, options: Options): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const { conversations, invites } = profile.chat;
    if (options.json) {
      for (const { id: fingerprint, name, verified, blocked, unread } of conversations) {
        terminal.printJson({ name, fingerprint, verified, blocked, unread });
      }
      return;
    }
    for (const person of conversations) terminal.print(line(terminal, person, conversations));
    if (conversations.length === 0) terminal.note('Nobody yet. Begin with “invite”, or with “join”.');
    for (const { expiry } of invites) terminal.note(`An invite of yours waits until ${formatDeadline(expiry)}.`);
  } finally {
    await profile.close();
  }
}

function line({ colors }: Terminal, person: ConversationView, everyone: readonly ConversationView[]): string {
  const { unread, verified, preview, time } = person;
  const text = shown(preview);
  const about = [
    formatMoment(time),
    ...(verified ? ['Verified'] : []),
    ...(unread > 0 ? [`${unread} unread`] : []),
    standing(person) ?? (text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text),
  ];
  return `${colors.bold(labelOf(person, everyone))}  ${colors.dim(about.join(' · '))}`;
}

function standing({ blocked, refused, invited, preview }: ConversationView): string | undefined {
  if (blocked) return 'Blocked';
  if (preview) return undefined;
  if (refused) return 'Not let in';
  return invited ? 'Waiting for an answer' : 'No messages yet';
}
