/** What a command line may say: anything else is refused at once, in one sentence. */
import { expect, test } from 'vitest';
import { useClient } from './client.ts';
import { expectEnd } from './ends.ts';

const client = useClient();

test.each([
  [/^Say what to do/, []],
  [/^There is no such command/, ['https://chat.example/#/join/c2VjcmV0']],
  [/^There is no option --passphrase\./, ['list', '--passphrase=c2VjcmV0']],
  [/^There is no option --passphrase\./, ['list', '--passphrase', 'c2VjcmV0']],
  [/^There is more/, ['join', 'one', 'https://chat.example/#/join/c2VjcmV0']],
  [/^It is: verify NAME\./, ['verify']],
  [/^The option --wait wants/, ['list', '--wait', 'c2VjcmV0']],
  [/^--json is for/, ['log', 'Bob', '--json']],
  [/^The address of a server/, ['invite', '--name', 'Ada', '--server', 'chat.example/c2VjcmV0']],
  [/^Say what people should call you/, ['invite']],
  [/^There is no profile/, ['list']],
  [/^The file or descriptor of the passphrase/, ['invite', '--name', 'Ada', '--passphrase-file', '/c2VjcmV0']],
  [/^The option --passphrase-fd wants/, ['list', '--passphrase-fd', '0']],
])(
  'a command line that cannot be meant is refused with one sentence, which repeats no secret: %s',
  async (sentence, args) => {
    expectEnd(await client.firstRun(args), 2, sentence, 'c2VjcmV0');
  },
);

test('--leave is refused where it is not said for whom', async () => {
  const { code, err } = await client.firstRun(['open', '--json', '--leave']);
  expect([code, err]).toEqual([2, expect.stringMatching(/^Say for whom: [^\n]*\n$/)]);
});

test('help and version are what was asked for, and no faults', async () => {
  const help = await client.firstRun(['--help']);
  expect(help).toMatchObject({ code: 0, err: '' });
  for (const what of ['invite', 'join', '--passphrase-file', 'SOTTO_TOKEN']) expect(help.out).toContain(what);
  expect(await client.firstRun(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n' });
});
