/**
 * Makes frozen vectors: once, by hand, when a format is settled or a new one comes.
 *
 *     npm run vectors                      makes those that are missing
 *     npm run vectors -- card              makes `frozen/card.json`, and refuses if it is there
 *     npm run vectors -- --overwrite card  makes it anew: the old format is then no longer checked
 *
 * A new kind is a file in `kinds/`, a line in MAKERS here and one in `frozen.ts`. What a kind promises is checked before
 * anything is written. Every vector stands on `people`: who makes these anew must make all anew.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import type { Kind, People } from './kind.ts';
import { batch } from './kinds/batch.ts';
import { bundle } from './kinds/bundle.ts';
import { card } from './kinds/card.ts';
import { entry } from './kinds/entry.ts';
import { frames } from './kinds/frames.ts';
import { handshake } from './kinds/handshake.ts';
import { invite } from './kinds/invite.ts';
import { padding } from './kinds/padding.ts';
import { parcel } from './kinds/parcel.ts';
import { rsa } from './kinds/rsa.ts';
import { safetyNumber } from './kinds/safety-number.ts';
import { session } from './kinds/session.ts';
import { signaling } from './kinds/signaling.ts';
import { vault } from './kinds/vault.ts';
import { makeRecords, openPeople, type Records } from './people.ts';

const FOLDER = 'test/vectors/frozen';
const PEOPLE = 'people';

/** Makes a vector, and holds it to what its kind promises. */
function maker<Vector>(kind: Kind<Vector>): (people: People) => Promise<Vector> {
  return async (people) => {
    const vector = await kind.make(people);
    for (const { holds } of kind.promises) await holds({ ...people, vector });
    return vector;
  };
}

const MAKERS = new Map<string, (people: People) => Promise<unknown>>([
  ['batch', maker(batch)],
  ['bundle', maker(bundle)],
  ['card', maker(card)],
  ['entry', maker(entry)],
  ['frames', maker(frames)],
  ['handshake', maker(handshake)],
  ['invite', maker(invite)],
  ['padding', maker(padding)],
  ['parcel', maker(parcel)],
  ['rsa', maker(rsa)],
  ['safety-number', maker(safetyNumber)],
  ['session', maker(session)],
  ['signaling', maker(signaling)],
  ['vault', maker(vault)],
]);

function pathOf(name: string): string {
  return join(FOLDER, `${name}.json`);
}

async function write(name: string, vector: unknown, overwrite: boolean): Promise<void> {
  const text = await format(JSON.stringify(vector), { parser: 'json', printWidth: 120 });
  await writeFile(pathOf(name), text, { flag: overwrite ? 'w' : 'wx' });
  console.log(`made ${pathOf(name)}`);
}

async function main(args: readonly string[]): Promise<void> {
  const overwrite = args.includes('--overwrite');
  const named = args.filter((arg) => arg !== '--overwrite');
  if (overwrite && named.length === 0) throw new Error('Name the vectors to overwrite.');
  const unknown = named.filter((name) => name !== PEOPLE && !MAKERS.has(name));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}, only ${[...MAKERS.keys()].join(', ')}.`);
  const wanted = named.length > 0 ? named : [PEOPLE, ...MAKERS.keys()].filter((name) => !existsSync(pathOf(name)));

  if (wanted.includes(PEOPLE)) await write(PEOPLE, await makeRecords(), overwrite);
  const people = await openPeople(JSON.parse(await readFile(pathOf(PEOPLE), 'utf8')) as Records);
  for (const [name, make] of MAKERS) {
    if (wanted.includes(name)) await write(name, await make(people), overwrite);
  }
}

await main(process.argv.slice(2));
