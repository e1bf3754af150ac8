/** The command that runs the server: reads the settings, builds the parts, listens, and stops cleanly. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { GOOD_TOKEN_LENGTH, readConfig, type Config } from './config.ts';
import { loadPages } from './pages.ts';
import { createSignalServer } from './server.ts';
import { openSqlite } from './sqlite.ts';
import { StartError } from './start-error.ts';

/** This file is dist/signal/main.js once built. */
const APP_FOLDER = join(import.meta.dirname, '../app');
const PACKAGE_FILE = join(import.meta.dirname, '../../package.json');

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const { version } = JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string };
  const sqlite = openSqlite(config.dataDir);
  const server = createSignalServer({
    config,
    sqlite,
    pages: loadPages(APP_FOLDER),
    version,
    log: pino({ level: config.logLevel, base: null }, pino.destination(2)),
  });
  const { origin } = await server.start();
  // A second signal, not caught any more, ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
  console.log(`Sotto is ready: ${origin}`);
  for (const note of notes(config)) console.log(note);
}

/** What the person who starts the server should know, though nothing is wrong. */
function notes({ host, publicUrl, tls, accessToken }: Config): string[] {
  const notes: string[] = [];
  if (accessToken !== undefined && accessToken.length < GOOD_TOKEN_LENGTH) {
    notes.push(`ACCESS_TOKEN is short enough to be guessed in time: make it ${GOOD_TOKEN_LENGTH} random characters.`);
  }
  if (!existsSync(join(APP_FOLDER, 'index.html'))) {
    notes.push('There is no app to serve yet: build it with "npm run build".');
  }
  if (!isLoopback(host)) {
    if (!tls && !publicUrl?.startsWith('https:')) {
      notes.push('Browsers encrypt only on https pages, or on this machine: set TLS_CERT and TLS_KEY, or PUBLIC_URL.');
    }
    if (!publicUrl) notes.push('Only this machine is let in: set PUBLIC_URL to the address that people will open.');
  }
  return notes;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
