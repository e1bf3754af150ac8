/** What is broken off leaves nothing: no part of a file, and no recovery code that nobody has seen. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { adaWithoutServer } from './key-file.ts';
import { twoPeople } from './people.ts';
import type { Ended, Program } from './program.ts';
import { WIDE } from './pseudo-terminal.ts';

/** Until one is caught between its beginning and its end. */
const TRIES = 20;

const client = useClient();

/** Sends a program signals, many in a millisecond, from when a file has so many bytes until the program has ended. */
async function breakOff(program: Program, signal: NodeJS.Signals, file: string, bytes: number): Promise<Ended> {
  const ended = program.ended();
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (; !isOver; await turn()) {
    for (let n = 0; n < 100; n++) {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? -1) >= bytes) program.kill(signal);
    }
  }
  return ended;
}

/** Runs a command in a shell. @param to - what becomes of its output. @returns its exit code */
async function shell(folder: string, args: string, to: string): Promise<number | null> {
  const command = `"${process.execPath}" "${client.file}" --data "${folder}" ${args} ${to}`;
  const child = spawn('/bin/bash', ['-o', 'pipefail', '-c', command], { stdio: 'ignore' });
  await once(child, 'close');
  return child.exitCode;
}

test.each([
  ['SIGINT', 0],
  ['SIGINT', 1],
  ['SIGTERM', 1],
  ['SIGHUP', 1],
] as const)('a backup to a file by %s, once %i bytes are written, and by more of them', async (signal, bytes) => {
  const { ada } = await adaWithoutServer(client);
  const folder = temporaryFolder();
  let [made, broken] = [0, 0];
  while (broken === 0 && made < TRIES) {
    const name = `${made}.sotto`;
    const backup = ada.start(['backup', join(folder, name)]);
    const { code, err } = await breakOff(backup, signal, join(folder, name), bytes);
    if (readdirSync(folder).includes(name)) made++;
    else broken++;
    // One that is made is made: the signal came too late, whatever it then ended.
    if (broken > 0) expect([code, err]).toEqual([128 + constants.signals[signal], '']);
  }
  expect(broken).toBe(1);
  // What is not there was not counted.
  const next = ada.terminal(['backup', join(folder, 'next.sotto')], WIDE);
  await next.sees(new RegExp(`, number ${made + 1}\\.$`, 'm'));
  expect(await next.ended()).toBe(0);
});

test('a code that nobody can have read opens nothing, and the one before goes on to', async () => {
  const { ada, server } = await twoPeople(client);
  const { program } = await ada.invites();
  const { fingerprint } = await program.event(({ event }) => event === 'ready');
  await program.end();
  const folder = temporaryFolder();
  const [first, broken, last] = ['first', 'broken', 'last'].map((name) => join(folder, name)) as [string, string, string]; // prettier-ignore
  const { out: code } = await ada.run(['backup', first]);
  for (const [place, to, status] of [
    [`"${broken}"`, '> /dev/full', 1],
    [`"${broken}"`, '| true', 1],
    ['', '> /dev/full', 1],
    ['', '| true', 130],
  ] as const) {
    expect([place, to, await shell(ada.folder, `backup ${place} --new-code`, to)]).toEqual([place, to, status]);
    expect(readdirSync(folder)).toEqual(['first']);
  }
  for (const from of [[last], []]) {
    expect(await ada.run(['backup', ...from])).toEqual({ code: 0, out: '', err: '' });
    const args = ['restore', ...from, '--server', server.origin];
    expect(await client.run(join(temporaryFolder(), 'elsewhere'), args, code)).toMatchObject({
      code: 0,
      out: `${fingerprint as string}\n`,
    });
  }
});

test('keys that are saved to a file', async () => {
  const { ada } = await adaWithoutServer(client);
  const folder = temporaryFolder();
  const saving = ada.start(['keys', 'export', join(folder, 'key.pem')]);
  const ended = await breakOff(saving, 'SIGINT', join(folder, 'key.pem'), 0);
  expect(ended).toEqual({ code: 130, out: '', err: '' });
  expect(readdirSync(folder)).toEqual([]);
});
