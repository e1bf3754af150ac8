/** The safety number of two people, as it is read aloud. */
import type { SafetyNumber } from '../core/chat/views.ts';

/** Groups on a line. */
const PER_LINE = 4;

/** @param label - who the other is, safe to show. */
export function comparison(label: string, { digits }: SafetyNumber): string {
  const groups = digits.match(/.{5}/g) ?? [];
  const lines: string[] = [];
  for (let index = 0; index < groups.length; index += PER_LINE) {
    lines.push(`    ${groups.slice(index, index + PER_LINE).join('  ')}`);
  }
  const how = `Compare with ${label}, face to face or by a voice you know.`;
  const what = 'If the digits are the same on both sides, nobody stands between you.';
  return [how, what, '', ...lines, ''].join('\n');
}
