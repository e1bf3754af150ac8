/**
 * The handshake: how much later than the channel itself the session is there, with existing keys. One person leaves and
 * comes back; of each dial, from asking for the channel, it is measured when both had it open (the set-up of the bare
 * channel, by this very path) and when both had a session.
 */
import type { Figure } from './figures.ts';
import { pairs } from './pairs.ts';
import type { TwoPages } from './two-pages.ts';

interface Dial {
  /** Milliseconds from the beginning of the dial. */
  readonly channel: number;
  readonly session: number;
}

async function dial({ ann, bob }: TwoPages): Promise<Dial> {
  const both = [ann, bob];
  await bob.evaluate(() => person.leave());
  await ann.evaluate(() => person.disconnected());
  await bob.evaluate(() => person.comeBack());
  const established = Math.max(...(await Promise.all(both.map((page) => page.evaluate(() => person.connected())))));
  const channels = await Promise.all(both.map((page) => page.evaluate(() => person.channel())));
  const begin = Math.min(...channels.map(({ dialled }) => dialled));
  const opened = Math.max(...channels.map(({ opened }) => opened));
  return { channel: opened - begin, session: established - begin };
}

export async function handshake(pages: TwoPages): Promise<Figure> {
  const { measured, runs } = await pairs(
    () => dial(pages),
    ({ channel, session }) => session - channel,
  );
  return {
    name: 'the handshake: from both having the channel open to both having a session',
    unit: 'ms',
    runs,
    promised: { atMost: 60 },
    measured,
  };
}
