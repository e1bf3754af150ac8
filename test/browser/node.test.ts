/** A browser, and a process of Node. */
import { afterAll, beforeAll, expect } from 'vitest';
import { compile, Person } from '../platform/node/program.ts';
import {
  createInvite,
  expectConnection,
  expectConversation,
  expectMessage,
  expectState,
  join,
  newcomer,
  send,
  start,
} from './journey.ts';
import { test } from './test.ts';

let program: Awaited<ReturnType<typeof compile>>;
beforeAll(async () => {
  program = await compile('test/platform/node/person.ts');
});
afterAll(() => program.remove());

test('a browser invites a process of Node, and they talk', async ({ stage }) => {
  const server = await stage.server();
  const ada = await newcomer(stage, server.url);
  await start(ada, 'Ada');
  const link = await createInvite(ada);

  const bob = new Person(program.file);
  await bob.does('take', await stage.folder());
  await bob.does('create', 'Bob', server.url);
  await bob.does('join', link);
  const adaId = await bob.does('meet');
  await expectConversation(ada, 'Bob');
  await expectConnection(ada, 'Connected directly');
  expect(await bob.does('path', adaId)).toMatchObject({ route: 'direct', protocol: 'udp' });

  await send(ada, 'Good morning, Bob.');
  await bob.does('read', adaId, 'Good morning, Bob.');
  await bob.does('send', adaId, 'Good morning, Ada.');
  await expectMessage(ada, 'Good morning, Ada.');
  await bob.does('read', adaId, 'Good morning, Ada.', 'Read');
  await expectState(ada, 'Good morning, Bob.', 'Delivered');
  await bob.does('close');
  await expectConnection(ada, 'Away');
});

test('a process of Node invites a browser, and they talk', async ({ stage }) => {
  const server = await stage.server();
  const ann = new Person(program.file);
  await ann.does('take', await stage.folder());
  await ann.does('create', 'Ann', server.url);

  const grace = await (await stage.browser()).newPage();
  await join(grace, await ann.does('invite'), 'Grace');
  await expectConversation(grace, 'Ann');
  const graceId = await ann.does('meet');
  await ann.does('send', graceId, 'Good morning, Grace.');
  await expectMessage(grace, 'Good morning, Grace.');
  await send(grace, 'Good morning, Ann.');
  expect(await ann.does('read', graceId, 'Good morning, Ann.')).toEqual(['Good morning, Grace.', 'Good morning, Ann.']);
  await expectState(grace, 'Good morning, Ann.', 'Delivered');
});
