/** Comparing keys at a terminal: both read the same digits, and only a plain yes or no says anything. */
import { expect, test } from 'vitest';
import { useClient } from './client.ts';
import { inContact, twoPeople } from './people.ts';
import type { Ended } from './program.ts';

const client = useClient();

test('both read the same sixty digits', async () => {
  const { ada, bob, bobs } = await inContact(client);
  await bobs.end();
  const [adas, his] = await Promise.all([ada.run(['verify', 'Bob']), bob.run(['verify', 'Ada'])]);
  const digits = ({ out }: Ended) => out.match(/\b\d{5}\b/g)!;
  expect(digits(adas)).toHaveLength(12);
  expect(digits(adas)).toEqual(digits(his));
});

test('an answer that is neither yes nor no changes nothing, and that is said; how things stand is said before', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program, link } = await ada.invites();
  await (await bob.joins(link)).end();
  await program.end();

  const compare = async (answer: string) => {
    const terminal = ada.terminal(['verify', 'Bob']);
    await terminal.sees(/^Do they match\? \(yes\/no\):/m);
    terminal.type(`maybe\r`);
    await terminal.sees(/: maybe\nAnswer yes or no, .*\nDo they match\? \(yes\/no\):/m);
    terminal.type(`${answer}\r`);
    expect(await terminal.ended()).toBe(0);
    return terminal.lines.slice(-3);
  };
  const unsure = 'Answer yes or no, or nothing to leave it as it is.';
  const asked = (answer: string) => `Do they match? (yes/no): ${answer}`;
  expect(await compare('')).toEqual([unsure, asked(''), 'Nothing was changed.']);
  expect(await compare('yes')).toEqual([unsure, asked('yes'), 'Bob is verified.']);

  const open = ada.terminal(['open', 'Bob']);
  await open.sees(/> $/m);
  open.type('/verify\r');
  await open.sees(/^Bob is verified\.\nDo they match\? \(yes\/no\) $/m);
  open.type('I think so\r');
  await open.sees(/^Answer yes or no, .*\nDo they match\? \(yes\/no\) $/m);
  open.type('\r');
  await open.sees(/^Nothing was changed\.$/m);
  open.type('/quit\r');
  expect(await open.ended()).toBe(0);

  expect(await compare('no')).toEqual([unsure, asked('no'), 'Bob is not verified.']);
  expect((await ada.run(['list', '--json'])).out).toContain('"verified":false');
});
