/** What is said of an invite to whoever has made it. */
import type { InviteView } from '../core/chat/views.ts';
import { formatDeadline } from '../words/moments.ts';

/** Above the link. */
export const FOR_ONE = 'Send this link to one person. It lets in whoever opens it first:';

/** Below the link: how long it lets somebody in. */
export function validity({ expiry }: InviteView): string {
  return `It is good until ${formatDeadline(expiry)}, also if you quit (Ctrl-C).`;
}
