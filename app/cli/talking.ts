/** Has people and programs talk in the way that suits the terminal, from the opened profile to the closed one. */
import type { OpenProfile } from '../platform/node/folder.ts';
import { End, Stopped } from './end.ts';
import { Headless } from './headless.ts';
import { LiveProfile } from './live-profile.ts';
import type { Options } from './options.ts';
import { Pipe } from './pipe.ts';
import type { Talk, TalkParts } from './talk.ts';
import type { Terminal } from './terminal.ts';

/** Has a profile watched, and closed in the end, whatever comes between. It owns the profile. @throws what `use` throws */
export async function talking(
  terminal: Terminal,
  { json, wait }: Options,
  profile: OpenProfile,
  use: (talk: Talk, live: LiveProfile, end: End) => Promise<void>,
): Promise<void> {
  const live = await LiveProfile.begin(profile);
  try {
    const parts = { terminal, live, end: new End(terminal, live), wait };
    const talk: Talk = json ? new Headless(parts) : terminal.isScreen ? await onScreen(parts) : new Pipe(parts);
    try {
      await use(talk, live, parts.end);
    } catch (error) {
      // Whoever sits before a screen sees what there is to see.
      if (!(error instanceof Stopped && terminal.isScreen)) throw error;
    } finally {
      talk.close?.();
    }
  } finally {
    await live.close();
  }
}

/** Only people need a screen. */
async function onScreen(parts: TalkParts): Promise<Talk> {
  const { Conversation } = await import('./interactive/conversation.ts');
  return new Conversation(parts);
}
