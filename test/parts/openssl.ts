/** The openssl of this machine, and a folder for its files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bytes } from '../../signal/wire/bytes.ts';

export class Openssl {
  readonly folder = mkdtempSync(join(tmpdir(), 'sotto-openssl-'));

  /** Runs openssl in the folder. @returns what it prints. @throws if it fails */
  run(...args: readonly string[]): Bytes {
    return Uint8Array.from(execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Makes a private key. @returns what is in its file. */
  genpkey(name: string, ...options: readonly string[]): Bytes {
    this.run('genpkey', ...options, '-out', name);
    return this.read(name);
  }

  /** Makes an RSA key. */
  rsa(name: string, bits: number, ...options: readonly string[]): Bytes {
    const more = options.flatMap((option) => ['-pkeyopt', option]);
    return this.genpkey(name, '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, ...more);
  }

  /** Puts a private key and a certificate of it together. @param password - as openssl takes it. @returns the PKCS#12. */
  pkcs12(key: string, password: string): Bytes {
    this.run('req', '-new', '-x509', '-key', key, '-subj', '/CN=Ann', '-out', 'certificate.pem');
    const parts = ['-inkey', key, '-in', 'certificate.pem', '-passout', password];
    return this.run('pkcs12', '-export', ...parts);
  }

  read(name: string): Bytes {
    return Uint8Array.from(readFileSync(this.path(name)));
  }

  /** Puts a file into the folder. @returns where it is. */
  saved(name: string, content: Bytes | string): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
