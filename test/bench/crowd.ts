/**
 * Many people in this process: makes their profiles, or lets them talk in pairs. Arguments: folder, origin, how many, `make`
 * or `talk`. After a talk it prints the most memory that the process has taken, in megabytes.
 */
import { join } from 'node:path';
import type { SessionEvent } from '../../app/cli/events.ts';
import { Session } from '../../app/cli/session.ts';
import { parseInviteLink } from '../../app/core/chat/preview.ts';
import { knownPerson, newPerson } from './headless-people.ts';

/** What each writes to the other. */
const TEXTS = 20;
/** Who signs in at once. */
const AT_ONCE = 10;

const [folder = '', origin = '', count = '', deed = ''] = process.argv.slice(2);
const folders = Array.from({ length: Number(count) }, (_, index) => join(folder, String(index)));

/** Resolves once so many events of a kind were told. */
function events(session: Session, kind: SessionEvent['event'], wanted: number): Promise<void> {
  const before = session.onevent;
  return new Promise((resolve) => {
    let seen = 0;
    session.onevent = (event) => {
      before(event);
      if (event.event === kind && ++seen === wanted) resolve();
    };
  });
}

async function signIn(path: string): Promise<Session> {
  const session = await Session.begin(await knownPerson(path));
  session.connect();
  await session.signedIn();
  return session;
}

/** Two meet, and write to each other until all has arrived. */
async function talk(one: Session, other: Session): Promise<void> {
  const { link } = await one.chat.createInvite();
  const invite = parseInviteLink(link);
  if ('problem' in invite) throw new Error(invite.problem);
  const linked = [one, other].map((session) => events(session, 'connected', 1));
  const heard = [one, other].map((session) => events(session, 'message', TEXTS));
  await other.chat.join(invite);
  await Promise.all(linked);
  for (let text = 1; text <= TEXTS; text++) {
    await Promise.all([
      one.send(other.chat.fingerprint, `number ${text}`),
      other.send(one.chat.fingerprint, `number ${text}`),
    ]);
  }
  await Promise.all(heard);
}

if (deed === 'make') {
  for (const [index, path] of folders.entries()) await (await newPerson(path, `Person ${index}`, origin)).close();
} else {
  const sessions: Session[] = [];
  for (let from = 0; from < folders.length; from += AT_ONCE) {
    sessions.push(...(await Promise.all(folders.slice(from, from + AT_ONCE).map(signIn))));
  }
  const pairs = sessions.flatMap((one, index) => (index % 2 === 0 ? [[one, sessions[index + 1]!] as const] : []));
  await Promise.all(pairs.map(([one, other]) => talk(one, other)));
  // In kilobytes of 1024 bytes.
  console.log(((process.resourceUsage().maxRSS * 1024) / 1e6).toFixed(0));
  await Promise.all(sessions.map((session) => session.close()));
}
process.exit();
