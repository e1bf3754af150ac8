/**
 * Many people in this process: makes their profiles, or lets them talk in pairs. Arguments: folder, origin, how many, `make`
 * or `talk`. After a talk it prints the most memory that the process has taken, in megabytes.
 */
import { join } from 'node:path';
import { LiveProfile } from '../../app/cli/live-profile.ts';
import { parseInviteLink } from '../../app/core/chat/preview.ts';
import { spoken } from '../../app/core/chat/views.ts';
import { knownPerson, newPerson } from './headless-people.ts';

/** What each writes to the other. */
const TEXTS = 20;
/** Who signs in at once. */
const AT_ONCE = 10;

const [folder = '', origin = '', count = '', deed = ''] = process.argv.slice(2);
const folders = Array.from({ length: Number(count) }, (_, index) => join(folder, String(index)));

/** Resolves `reached` once `count` was called so many times. */
function counter(wanted: number): { readonly reached: Promise<void>; readonly count: () => void } {
  let count: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    let counted = 0;
    count = () => void (++counted === wanted && resolve());
  });
  return { reached, count };
}

/** Counts what is told: that somebody is linked to us, and what they write. */
function follow(live: LiveProfile): { readonly linked: Promise<void>; readonly heard: Promise<void> } {
  const [links, messages] = [counter(1), counter(TEXTS)];
  live.onevent = ({ event }) => {
    if (event === 'connected') links.count();
    if (event === 'message') messages.count();
  };
  return { linked: links.reached, heard: messages.reached };
}

async function signIn(path: string): Promise<LiveProfile> {
  const live = await LiveProfile.begin(await knownPerson(path));
  live.connect();
  await live.signedIn();
  return live;
}

/** Two meet, and write to each other until all has arrived. */
async function talk(one: LiveProfile, other: LiveProfile): Promise<void> {
  const { link } = await one.chat.createInvite();
  const invite = parseInviteLink(link);
  if ('problem' in invite) throw new Error(spoken(invite.problem, 'page'));
  const both = [one, other].map(follow);
  await other.chat.join(invite);
  await Promise.all(both.map(({ linked }) => linked));
  for (let text = 1; text <= TEXTS; text++) {
    await Promise.all([
      one.send(other.chat.fingerprint, `number ${text}`),
      other.send(one.chat.fingerprint, `number ${text}`),
    ]);
  }
  await Promise.all(both.map(({ heard }) => heard));
}

if (deed === 'make') {
  for (const [index, path] of folders.entries()) await (await newPerson(path, `Person ${index}`, origin)).close();
} else {
  const profiles: LiveProfile[] = [];
  for (let from = 0; from < folders.length; from += AT_ONCE) {
    profiles.push(...(await Promise.all(folders.slice(from, from + AT_ONCE).map(signIn))));
  }
  const pairs = profiles.flatMap((one, index) => (index % 2 === 0 ? [[one, profiles[index + 1]!] as const] : []));
  await Promise.all(pairs.map(([one, other]) => talk(one, other)));
  // In kilobytes of 1024 bytes.
  console.log(((process.resourceUsage().maxRSS * 1024) / 1e6).toFixed(0));
  await Promise.all(profiles.map((live) => live.close()));
}
process.exit();
