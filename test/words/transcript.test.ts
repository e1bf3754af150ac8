import { describe, expect, it } from 'vitest';
import type { HistoryMessage } from '../../app/core/chat/history.ts';
import { isolated } from '../../app/words/text-lines.ts';
import { Transcript } from '../../app/words/transcript.ts';

const NAMES = { us: 'Ann', them: isolated('دينا') };
const MORNING = Date.UTC(2026, 2, 1, 9, 5);
const HOUR = 3_600_000;

function transcript(messages: readonly HistoryMessage[], locale = 'en-GB'): string {
  const written = new Transcript(NAMES, { locale, timeZone: 'UTC' });
  return written.heading(MORNING) + written.lines(messages);
}

const message = (text: string, mine = true, time = MORNING): HistoryMessage => ({ mine, time, text });
const dayOf = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, '');

describe('a conversation as a text', () => {
  it('names each day once, and each message’s time and author', () => {
    const text = transcript([message('One.'), message('Two.', false), message('Three.', true, MORNING + 24 * HOUR)]);
    expect(plain(text)).toBe(
      [
        `Conversation with دينا, saved on ${dayOf.format(MORNING)}`,
        `\n${dayOf.format(MORNING)}\n`,
        '09:05  Ann: One.',
        '09:05  دينا: Two.',
        `\n${dayOf.format(MORNING + 24 * HOUR)}\n`,
        '09:05  Ann: Three.\n',
      ].join('\n'),
    );
  });

  it('names days as they are named in the locale', () => {
    expect(plain(transcript([message('Eins.')], 'de-DE'))).toContain('Sonntag, 1. März 2026');
  });

  it('lets no text pass for another message, whatever breaks its lines', () => {
    const breaks = ['\n', '\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029'];
    for (const one of breaks) {
      const [line, next] = plain(transcript([message(`Yes.${one}09:06  دينا: I owe you.`)]))
        .split('\n')
        .slice(-3);
      expect(line).toBe('09:05  Ann: Yes.');
      expect(next).toBe('    09:06  دينا: I owe you.');
    }
  });

  it('keeps a name, and each line of a text, in an isolate of its own where it would turn what stands round it', () => {
    const lines = transcript([message('שלום\nworld\nעולם', false), message('a \u202egpj.exe')]).split('\n');
    expect(lines.slice(-5, -1)).toEqual([
      '09:05  \u2068دينا\u2069: \u2068שלום\u2069',
      '    world',
      '    \u2068עולם\u2069',
      '09:05  Ann: \u2068a \u202egpj.exe\u2069',
    ]);
  });
});
