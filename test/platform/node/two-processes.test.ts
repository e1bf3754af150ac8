/** People in processes of their own, on the disk and the network of Node. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, temporaryFolder } from '../../signal/client.ts';
import { compile, Person } from './program.ts';

let program: Awaited<ReturnType<typeof compile>>;
beforeAll(async () => {
  program = await compile('test/platform/node/person.ts');
});
afterAll(() => program.remove());

// Four processes, two of which make keys.
const PATIENCE = { timeout: 60_000 };

test('two processes meet by an invite, talk, and are the same people when they come back', PATIENCE, async () => {
  const { origin } = await startServer();
  const folders = [temporaryFolder(), temporaryFolder()] as const;
  const [ann, bob] = folders.map(() => new Person(program.file)) as [Person, Person];
  await Promise.all([ann.does('take', folders[0]), bob.does('take', folders[1])]);
  const [annId, bobId] = await Promise.all([
    ann.does('create', 'Ann', origin),
    bob.does('create', 'Bob', origin, 'correct horse battery'),
  ]);
  await bob.does('join', await ann.does('invite'));
  expect(await Promise.all([ann.does('meet'), bob.does('meet')])).toEqual([bobId, annId]);
  expect(await ann.does('path', bobId)).toMatchObject({ route: 'direct', protocol: 'udp' });
  await ann.does('send', bobId, 'Hello Bob');
  expect(await bob.does('read', annId, 'Hello Bob')).toEqual(['Hello Bob']);
  await bob.does('send', annId, 'Hello Ann');
  expect(await ann.does('read', bobId, 'Hello Ann')).toEqual(['Hello Bob', 'Hello Ann']);
  await Promise.all([ann.does('close'), bob.does('close')]);
  for (const one of [ann, bob]) one.process.disconnect();
  expect(await Promise.all([ann.ended, bob.ended])).toEqual([
    [0, null],
    [0, null],
  ]);

  const [annAgain, bobAgain] = folders.map(() => new Person(program.file)) as [Person, Person];
  expect(await annAgain.does('take', folders[0])).toEqual({ name: 'Ann', ways: [] });
  expect(await bobAgain.does('take', folders[1])).toEqual({ name: 'Bob', ways: ['passphrase'] });
  expect(await annAgain.does('unlock')).toBe(annId);
  await expect(bobAgain.does('unlock', { passphrase: 'wrong horse battery' })).rejects.toThrow('not the passphrase');
  expect(await bobAgain.does('unlock', { passphrase: 'correct horse battery' })).toBe(bobId);
  await Promise.all([annAgain.does('meet'), bobAgain.does('meet')]);
  await annAgain.does('send', bobId, 'Back again');
  expect(await bobAgain.does('read', annId, 'Back again')).toEqual(['Hello Bob', 'Hello Ann', 'Back again']);
  expect(await annAgain.does('read', bobId, 'Back again', 'Delivered')).toHaveLength(3);
});
