/** The commands that the README and the sentences about key files give, carried out. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, type Bytes } from '../../../../signal/wire/bytes.ts';
import { sha256 } from '../../../../signal/wire/keys.ts';
import { writeKeyFile } from '../../../../app/core/identity/key-file/write.ts';
import { KeyFileError, type KeyFileProblem } from '../../../../app/core/identity/key-file/problem.ts';
import { GIVEN_PASSWORD, opened, ownKey, PASSWORD, problemOf } from '../../../parts/key-files.ts';

const { openssl, spki, converted, encrypted } = ownKey();

/** Gives a shell a command in which openssl need not ask for passwords. @returns what it prints. */
function inShell(command: string): string {
  const given = command
    .replaceAll(/-in (\S+)/g, `-in $1 -passin '${GIVEN_PASSWORD}'`)
    .replaceAll('-aes256', `-aes256 ${command.includes('genpkey') ? '-pass' : '-passout'} '${GIVEN_PASSWORD}'`);
  return execFileSync('sh', ['-c', given], {
    cwd: openssl.folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('the README', () => {
  it('tells how to make a key, to see its fingerprint, and to read an exported one', async () => {
    const section = readFileSync('README.md', 'utf8').split('## Bring your own key\n')[1]!.split('\n## ')[0]!;
    const commands = [...section.matchAll(/^openssl .*$/gm)].map(([command]) => command);
    expect(commands).toHaveLength(3);
    inShell(commands[0]!);
    const fingerprint = inShell(commands[1]!).split(' ')[0];
    const file = openssl.read('key.pem');
    expect(fromUtf8(file)).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(toHex(await sha256(await opened(file, PASSWORD)))).toBe(fingerprint);

    const pkcs8 = openssl.run(
      'pkcs8',
      '-topk8',
      '-nocrypt',
      '-in',
      'key.pem',
      '-passin',
      GIVEN_PASSWORD,
      '-outform',
      'DER',
    );
    openssl.saved('sotto-key.pem', await writeKeyFile(pkcs8, PASSWORD));
    expect(inShell(commands[2]!)).toContain('Private-Key: (4096 bit');
  });
});

describe('the sentence about a file', () => {
  it.each<[string, KeyFileProblem, () => Bytes]>([
    ['that is DER', 'binary', () => converted('pkey', '-outform', 'DER')],
    ['that is PKCS#12', 'binary', () => openssl.pkcs12('own.pem', GIVEN_PASSWORD)],
    ['under scrypt', 'scrypt', () => encrypted('-scrypt')],
    ['under triple DES', 'other-encryption', () => encrypted('-v2', 'des3')],
    ['under the first scheme of PKCS#5', 'other-encryption', () => encrypted('-v1', 'PBE-SHA1-3DES')],
    [
      'in the traditional form, encrypted',
      'other-encryption',
      () => converted('pkey', '-traditional', '-aes256', '-passout', GIVEN_PASSWORD),
    ],
  ])('%s gives a command that helps', async (_, problem, make) => {
    const file = make();
    expect(await problemOf(file, PASSWORD)).toBe(problem);
    openssl.saved('KEY', file);
    const command = /“(openssl [^”]+)”/.exec(new KeyFileError(problem).message)![1]!;
    inShell(command);
    expect(await opened(openssl.read('key.pem'), PASSWORD)).toEqual(spki);
  });
});
