/** What goes wrong around the terminal client: one sentence, and the right number. */
import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { useClient } from './client.ts';
import { expectEnd } from './ends.ts';
import { twoPeople } from './people.ts';

const client = useClient();

test('output that cannot be written is said to be so, and fails', async () => {
  const command = `"${process.execPath}" "${client.file}" --help > /dev/full`;
  const [code, err] = await new Promise<[unknown, string]>((done) => {
    execFile('sh', ['-c', command], (error, _out, said) => done([error?.code, said]));
  });
  expect([code, err]).toEqual([1, expect.stringMatching(/^What should stand on standard output cannot be written\./)]);
});

test('a folder that another process has is said to be in use, until that one ends', async () => {
  const { ada } = await twoPeople(client);
  const { program } = await ada.invites();
  expectEnd(await ada.run(['list']), 3, /in use/);
  await program.end();
  expect(await ada.run(['list'])).toMatchObject({ code: 0 });
});
