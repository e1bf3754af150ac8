/** The page for implementers says what the schema says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type * as v from 'valibot';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import * as limits from '../../signal/wire/limits.ts';
import { ClientMessage, Health, OpenedInvite, RefusalCode, Role, ServerMessage } from '../../signal/wire/messages.ts';

const page = readFileSync('signal/PROTOCOL.md', 'utf8');

/** The cells of every table row below a heading, by the text of the first cell. */
function tableUnder(heading: string): Map<string, string[]> {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading))!;
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !/^[|\s:-]+$/.test(line));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(cells.slice(1).map((row) => [row[0]!.replaceAll('`', ''), row]));
}

/** Every field name of a schema, also those of objects in arrays. */
function fieldsOf(schema: unknown): string[] {
  const { entries, item, wrapped } = schema as {
    entries?: Record<string, v.GenericSchema>;
    item?: v.GenericSchema;
    wrapped?: v.GenericSchema;
  };
  if (entries) return Object.entries(entries).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
  const inner = item ?? wrapped;
  return inner ? fieldsOf(inner) : [];
}

test.each([
  ['Messages of the client', ClientMessage],
  ['Messages of the server', ServerMessage],
] as const)('%s: every type, and all of its fields, and no other type', (heading, schema) => {
  const table = tableUnder(heading);
  const types = schema.options.map(({ entries }) => entries.type.literal);
  expect([...table.keys()]).toEqual(types);
  for (const option of schema.options) {
    const row = table.get(option.entries.type.literal)!.join(' ');
    const fields = fieldsOf(option).filter((name) => name !== 'type');
    // A message that has none says so.
    expect(fields.length > 0 || / none /.test(row)).toBe(true);
    for (const field of fields) expect([field, row]).toEqual([field, expect.stringMatching(`\\b${field}\\b`)]);
  }
});

test('fields inside lists are seen, so that the check above means something', () => {
  const watch = ClientMessage.options.find(({ entries }) => entries.type.literal === 'watch')!;
  expect(fieldsOf(watch)).toEqual(['type', 'peers', 'fingerprint', 'ticket']);
  const welcome = ServerMessage.options.find(({ entries }) => entries.type.literal === 'welcome')!;
  expect(fieldsOf(welcome)).toEqual([
    'type',
    'role',
    'mayInvite',
    'iceServers',
    'urls',
    'username',
    'credential',
    'mailbox',
  ]);
});

test('every role and every code of refusal', () => {
  for (const name of [...Role.options, ...RefusalCode.options]) expect(page).toContain(`\`${name}\``);
});

test('every field of the answers over HTTP', () => {
  const table = tableUnder('HTTP');
  const fields = (path: string) => /`\{(.*?)\}`/.exec(table.get(path)!.join(' '))![1]!.split(', ');
  expect(fields('/health')).toEqual(Object.keys(Health.entries));
  expect(fields('/invites')).toEqual(Object.keys(OpenedInvite.entries));
});

test('every limit with its value, and no other', () => {
  const table = [...tableUnder('Limits')].map(([name, [, value]]) => [name, Number(value)]);
  expect(Object.fromEntries(table)).toEqual({ ...limits });
});

test('every close code with its name, and no other', () => {
  const table = [...tableUnder('Close codes')].map(([code, [, name]]) => [name!.replaceAll('`', ''), Number(code)]);
  expect(Object.fromEntries(table)).toEqual(CloseCode);
});
