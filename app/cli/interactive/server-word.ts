/** Word of our server, for whoever sits before a screen. */
import { asFailure } from '../exit.ts';
import { until, type LiveProfile } from '../live-profile.ts';

/** What is done about it. */
export interface ServerNews {
  /** It cannot be reached; said once, until it can. */
  readonly onlost: (sentence: string) => void;
  readonly onback: () => void;
  /** What was left for us there has come, and is told; or it cannot be asked any more. */
  readonly oncurrent: (isCurrent: boolean) => void;
}

/** Follows our server as long as the profile is open. Never rejects. */
export async function followServer(live: LiveProfile, { onlost, onback, oncurrent }: ServerNews): Promise<void> {
  const { chat } = live;
  for (;;) {
    const failure = await live.signedIn().then(() => undefined, asFailure);
    if (failure?.kind === 'unreachable') onlost(`${failure.message} Sotto tries again by itself.`);
    await until(chat, () => chat.server === 'connected');
    if (failure) onback();
    await chat.mailbox.ready();
    await live.caughtUp();
    oncurrent(true);
    await until(chat, () => chat.server !== 'connected');
    oncurrent(false);
  }
}
