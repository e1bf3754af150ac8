/** Going on with a conversation, or with all of them. */
import { Failure } from '../exit.ts';
import { until, type LiveProfile } from '../live-profile.ts';
import type { TalkOptions } from '../options.ts';
import { findPerson, isKnown } from '../people.ts';
import { openProfile } from '../profile.ts';
import { shown } from '../shown.ts';
import { NOBODY_YET, printPeople } from '../standings.ts';
import { talking } from '../talking.ts';
import type { Terminal } from '../terminal.ts';

/** Milliseconds in which somebody who has joined while we were away appears, once we are back. */
const APPEARANCE = 10_000;

export async function open(terminal: Terminal, options: TalkOptions, name: string | undefined): Promise<void> {
  if (name === undefined) checkOpenToAll(terminal, options);
  const profile = await openProfile(terminal, options);
  const { chat } = profile;
  if (name === undefined && !options.json) printPeople(terminal, chat, NOBODY_YET.within);
  await talking(terminal, options, profile, async (talk, live, end) => {
    // A program is told of whoever appears.
    const isSought = name !== undefined && !options.json && !isKnown(chat, name) && chat.invites.length > 0;
    // Nothing is sent for the sake of somebody whom we cannot know.
    if (name !== undefined && !isSought) findPerson(chat, name);
    live.connect(options.token);
    if (isSought) {
      talk.say(`Looking for ${shown(name)}…`);
      await end.or(appearance(live, name));
      if (!terminal.isScreen && isKnown(chat, name)) throw new Failure('refused', justJoined(name));
    }
    const person = name === undefined ? undefined : findPerson(chat, name).id;
    if (person !== undefined && options.leave) await chat.mailbox.setLeaving(person, true);
    await talk.run(person);
  });
}

/** @throws Failure unless one can go on with nobody in particular */
function checkOpenToAll(terminal: Terminal, { json, leave }: TalkOptions): void {
  if (leave) throw new Failure('usage', 'Say for whom: open NAME --leave. See who there is: list.');
  if (!json && !terminal.isScreen) throw new Failure('usage', 'Say with whom: open NAME. See who there is: list.');
}

/** Whoever has an invite may call themselves so: what a pipe brings was meant for somebody in particular. */
function justJoined(name: string): string {
  return `${shown(name)} has joined just now. Make sure that it is who you mean: verify NAME. Then send it again.`;
}

/** Waits until somebody is known, who may have joined while we were away, or for so long. @throws Failure */
async function appearance(live: LiveProfile, name: string): Promise<void> {
  await live.signedIn();
  await until(live.chat, () => isKnown(live.chat, name), APPEARANCE);
}
