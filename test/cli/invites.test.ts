/** Links that lead to nobody. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { expectEnd } from './ends.ts';
import { twoPeople } from './people.ts';

const client = useClient();

test.each([
  [/^This is not an invite link/, 'c2VjcmV0'],
  [/^This invite was made by a newer version/, 'https://chat.example/#/join/c2VjcmV0'],
  [/^This invite link is damaged/, 'https://chat.example/#/join/AWc2VjcmV0'],
])(
  'a link that leads nowhere is refused with one sentence, which does not repeat it: %s (fault 21)',
  async (sentence, link) => {
    expectEnd(await client.firstRun(['join', link]), 2, sentence, 'c2VjcmV0');
  },
);

test('an invite that was used, or is one’s own, lets nobody in; whoever used it is in contact already (fault 21)', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program, link } = await ada.invites();
  await (await bob.joins(link)).end();
  const carol = join(temporaryFolder(), 'carol');
  const used = await client.run(carol, ['join', link, '--name', 'Carol']);
  expectEnd(used, 3, /^This invite has been used\./, link.split('#')[1]!);
  expectEnd(await client.run(carol, ['list']), 2, /^There is no profile/);
  await program.end();
  expectEnd(await ada.run(['join', link]), 3, /^This is your own invite\./, link.split('#')[1]!);
  // Whoever used it is in contact already.
  const back = ada.start(['open', '--json']);
  await back.event(({ event }) => event === 'ready');
  expect(await bob.run(['join', link], 'Me again.\n')).toEqual({ code: 0, out: '', err: '' });
  expect((await back.event(({ event }) => event === 'message'))['text']).toBe('Me again.');
});
