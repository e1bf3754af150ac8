/** A key of one's own, and the profile it makes without a server. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from '../signal/client.ts';
import type { Client } from './client.ts';
import { Person } from './people.ts';

/** @returns the name of a PEM file, as openssl makes one without a password. */
export function keyFile(): string {
  const file = join(temporaryFolder(), 'key.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return file;
}

/** Makes Ada's profile by these options, too. @returns her, and her fingerprint as it is printed */
export async function adaWithoutServer(
  client: Client,
  ...options: string[]
): Promise<{ ada: Person; fingerprint: string }> {
  const ada = new Person(client, 'Ada', '');
  const { code, out, err } = await ada.run(['keys', 'import', keyFile(), '--name', 'Ada', ...options]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return { ada, fingerprint: out };
}
