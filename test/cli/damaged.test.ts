/** A conversation that cannot be read any more keeps nobody from the others. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOG_PREFIX } from '../../app/core/log/places.ts';
import { openSqliteStore } from '../../app/platform/node/sqlite-store.ts';
import { useClient } from './client.ts';
import { inContact, Person } from './people.ts';
import { CTRL_C, WIDE } from './pseudo-terminal.ts';

const client = useClient();

/** Damages all that was written in the conversations of a person. */
async function damage({ folder }: Person): Promise<void> {
  const store = openSqliteStore(join(folder, 'profile.sqlite'));
  const records = await store.list(LOG_PREFIX, 10);
  expect(records.length).toBeGreaterThan(0);
  await store.write(new Map(records.map(([place, record]) => [place, record.map((byte) => byte ^ 1)])));
  store.close();
}

test('others can be invited, and talked with; whoever cannot be shown is told of, with whether they are here', async () => {
  const { ada, server } = await inContact(client, 'Hello.');
  await damage(ada);
  const { program, link } = await ada.invites();
  const notice = await program.event(({ event }) => event === 'error');
  expect(notice['code']).toBe('notice');
  expect(notice['text']).toMatch(/^What you and Bob wrote cannot be shown\. /);
  await program.event(({ event, name }) => event === 'connected' && name === 'Bob');
  const eves = await new Person(client, 'Eve', server.origin).joins(link);
  eves.order({ send: 'I am new here.', to: 'Ada' });
  await program.event(({ text }) => text === 'I am new here.');
});

test('nothing is sent where it cannot be known whether it arrives, and a pipe does not end well', async () => {
  const { ada } = await inContact(client, 'Hello.');
  await damage(ada);
  for (const input of ['Are you there?\n', '']) {
    const { code, out, err } = await ada.run(['open', 'Bob'], input);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Something stored on this device cannot be read[^\n]*\n$/);
  }
});

test('nothing of it is printed, not even a heading', async () => {
  const { ada } = await inContact(client, 'Hello.');
  await damage(ada);
  const { code, out, err } = await ada.run(['log', 'Bob']);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/^Something stored on this device cannot be read[^\n]*\n$/);
});

test('what cannot be shown counts as read by nobody, and that is said each time it is opened', async () => {
  const { ada, bobs } = await inContact(client, 'Hello.');
  await damage(ada);
  const screen = ada.terminal(['open', 'Bob'], WIDE);
  await screen.sees(/^What you and Bob wrote cannot be shown\. .*$/m);
  await screen.sees(/^Something stored on this device cannot be read.*$/m);
  await screen.sees(/^Connected directly > $/m);
  bobs.order({ send: 'Did you see it?', to: 'Ada', ref: 'last' });
  const { id } = await bobs.event(({ ref }) => ref === 'last');
  await bobs.event((event) => event['id'] === id && event['state'] === 'Delivered');
  screen.type('/open Bob\r');
  await screen.sees(/(^Something stored on this device cannot be read[^]*){2}/m);
  screen.type(CTRL_C);
  expect(await screen.ended()).toBe(0);
  await bobs.event(({ event }) => event === 'disconnected');
  expect(bobs.events.filter(({ state }) => state === 'Read')).toEqual([]);
});
