/** Finds the Chromium that the browser tests drive. */
import { accessSync, constants } from 'node:fs';
import { install, mayInstall } from '../parts/tools.ts';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const isRoot = process.getuid?.() === 0;
const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  '--disable-features=' +
    [
      // Between two browsers on one machine without a network nobody answers for the `.local` names that would
      // otherwise hide a page's own addresses.
      'WebRtcHideLocalIpsWithMdns',
      // Pages for the address bar, which each window loads: more work than most pages of a test.
      'WebUIOmniboxPopup',
      'WebUIOmniboxAimPopup',
    ].join(),
  ...(isRoot ? ['--no-sandbox'] : []),
];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @returns the path that CHROMIUM names, or else of the first browser found; `undefined` if there is none.
 * @throws if CHROMIUM names something that cannot be run.
 */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (!named) return CANDIDATES.find(isExecutable);
  if (isExecutable(named)) return named;
  throw new Error(`CHROMIUM names ${named}, which is not a program that can be run.`);
}

/**
 * Finds Chromium; where there is none and this is root on Debian, installs Debian's.
 * @throws one sentence that says what is needed.
 */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  if (mayInstall()) {
    install('chromium');
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error('The browser tests need Chromium: install it, or set CHROMIUM to the path of a Chromium or Chrome.');
}

/** How Chromium is started. @param runner - turns its path into that of what runs it elsewhere */
export function launchOptions(runner = (path: string) => path): { executablePath: string; args: string[] } {
  return { executablePath: runner(ensureChromium()), args: [...FLAGS] };
}
