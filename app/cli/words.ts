/** The app's own sentences, where there is no page, no tab and no button. */
import type { Connection } from '../core/chat/views.ts';

export const CONNECTION_WORDS: Record<Connection, string> = {
  direct: 'Connected directly',
  relay: 'Connected through a relay',
  connecting: 'Connecting',
  away: 'Away',
};

/** What the core says to people who look at a page, and what it is called here. The longer come first. */
const TURNS: readonly (readonly [said: RegExp, here: string])[] = [
  [/Both reload the page/g, 'Both start Sotto again'],
  [/Reload the page, then open the link again\./g, 'Update yours, then use the link again.'],
  [/\b([Rr])eload the page/g, '$1estart Sotto'],
  [/its page may be asleep/g, 'it may be asleep'],
  [/This page and its server/g, 'This program and the server'],
  [/This browser\b/g, 'This device'],
  [/\bin this browser\b/g, 'on this device'],
  [
    /is open in another tab now\. Write there, or press “Use here”\./g,
    'is open elsewhere now. Go on there, or start Sotto again here.',
  ],
  [/Open the link in a tab of its own\./g, 'Use it with another folder: --data DIR.'],
  [/Open that address instead of this one\./g, 'Give that address: --server URL.'],
  [/before; press “Verify”\./g, 'before: verify them.'],
  [/open your conversation and press “Verify”, then scan what it shows/g, 'open your conversation and verify'],
  [
    /Choose the file that “Back up to a file” saved\./g,
    'Give the file that “backup FILE” or “Back up to a file” saved.',
  ],
  [/Cancel some in Settings, then try again\./g, 'They run out within a week: try again then.'],
  [/you can claim another one in Settings/g, 'you can claim another one'],
  [/or use a new profile\./g, 'or use another folder: --data DIR.'],
  [/Choose another one, or make a new one\./g, 'Use another folder: --data DIR.'],
  [/\bClose other pages\b/g, 'Close other programs'],
];

/** A sentence of the core as it is said in a terminal. */
export function inTerminal(sentence: string): string {
  return TURNS.reduce((text, [said, here]) => text.replace(said, here), sentence);
}
