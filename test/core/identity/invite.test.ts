import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromBase64Url, toBase64Url, toHex, u8 } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { CLOCK_TOLERANCE, MAX_INVITE_NOTE_BYTES } from '../../../signal/wire/limits.ts';
import { spoken } from '../../../app/core/base/sentence.ts';
import {
  createInvite,
  INVITE_LIFETIME,
  inviteKeys,
  inviteLink,
  isExpired,
  openInviteNote,
  parseInviteLink,
  sealInviteNote,
  type Invite,
} from '../../../app/core/identity/invite.ts';
import { anyBytes, flipBit } from '../../parts/arbitrary.ts';
import { DAY, NOW } from '../../parts/identities.ts';

const fingerprint = new Uint8Array(32).fill(5);
const invite = createInvite('https://chat.example', fingerprint, NOW);
const link = inviteLink(invite);
const start = link.slice(0, link.indexOf('join/') + 5);
const payload = fromBase64Url(link.slice(start.length))!;

/** What is wrong with a link. */
function problem(text: string): string | undefined {
  const parsed = parseInviteLink(text);
  return 'problem' in parsed ? spoken(parsed.problem, 'page') : undefined;
}

describe('an invite link', () => {
  it('says again who invites, where, with which secret and until when', () => {
    expect(parseInviteLink(link)).toEqual(invite);
    expect(invite.inviter).toEqual(fingerprint);
    expect(invite.expiry).toBe(NOW + INVITE_LIFETIME);
    expect(INVITE_LIFETIME).toBe(7 * DAY);
  });

  it('keeps its secret behind the #, where no server sees it', () => {
    const url = new URL(link);
    expect(url.origin + url.pathname + url.search).toBe('https://chat.example/');
    expect(createInvite('https://chat.example', fingerprint, NOW).secret).not.toEqual(invite.secret);
  });

  it('is read with spaces around it, from plain http, and from below a path', () => {
    expect(parseInviteLink(`  ${link}\n`)).toEqual(invite);
    const local = link.replace('https://chat.example', 'http://localhost:8787/sotto');
    expect(parseInviteLink(local)).toEqual({ ...invite, origin: 'http://localhost:8787' });
  });

  it('is damaged if it was cut anywhere, made longer, or is not in its one encoding (fault 21)', () => {
    for (let length = start.length; length < link.length; length++) {
      expect(problem(link.slice(0, length))).toContain('damaged');
    }
    expect(problem(link + 'A')).toContain('damaged');
    expect(problem(start + toBase64Url(concat(payload, u8(0))))).toContain('damaged');
    expect(problem(link + '=')).toContain('damaged');
    expect(problem(link + '.')).toContain('damaged');
    expect(problem(link.slice(0, -1) + '~')).toContain('damaged');
    const last = link.at(-1)!;
    const leftOver = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = leftOver[leftOver.indexOf(last) ^ 1]!;
    expect(payload.length % 3).not.toBe(0);
    expect(problem(link.slice(0, -1) + other)).toContain('damaged');
  });

  it('of a newer version says so; of version 0 it is damaged', () => {
    expect(problem(start + toBase64Url(concat(u8(2), payload.slice(1))))).toContain('newer version');
    expect(problem(start + toBase64Url(concat(u8(2), new Uint8Array(200))))).toContain('newer version');
    expect(problem(start + toBase64Url(concat(u8(0), payload.slice(1))))).toContain('damaged');
  });

  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a script', `javascript:alert(1)//${link.slice(link.indexOf('#'))}`],
    ['data', `data:text/html,x${link.slice(link.indexOf('#'))}`],
    ['a file', `file:///${link.slice(link.indexOf('#'))}`],
    ['a web page', 'https://chat.example/'],
    ['a link without its fragment', 'http://chat.example/join/abc'],
    ['another fragment', 'https://chat.example/#/settings'],
    ['the payload in the path', link.replace('/#/', '/')],
    ['only the fragment', link.slice(link.indexOf('#'))],
  ])('is not: %s (fault 21)', (_, text) => {
    expect(problem(text)).toContain('not an invite link');
  });

  it('is not read at all if it is huge (fault 21)', () => {
    const padding = (length: number) => `https://chat.example/${'x'.repeat(length - link.length)}${link.slice(21)}`;
    expect(padding(2048).length).toBe(2048);
    expect(problem(padding(2048))).toBeUndefined();
    expect(problem(padding(2049))).toContain('not an invite link');
    expect(problem('https://chat.example/#/join/' + 'A'.repeat(5_000_000))).toContain('not an invite link');
  });

  it('carries no expiry that no clock can show', () => {
    const forever = concat(payload.slice(0, 65), new Uint8Array(8).fill(255));
    expect(problem(start + toBase64Url(forever))).toContain('damaged');
  });

  it('never makes its reader throw, and has one form', () => {
    const input = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withFragments: true }),
      anyBytes(90).map((bytes) => start + toBase64Url(bytes)),
      fc.nat(8 * payload.length - 1).map((bit) => start + toBase64Url(flipBit(payload, bit))),
    );
    fc.assert(
      fc.property(input, (text) => {
        const parsed = parseInviteLink(text);
        if (!('problem' in parsed)) expect(inviteLink(parsed)).toBe(text);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('the keys of an invite', () => {
  it('are four different ones, and the id is the hash of the ticket', async () => {
    const keys = await inviteKeys(invite);
    const all = [keys.ticket, keys.id, keys.signalKey, keys.psk, keys.noteKey, invite.secret].map(toHex);
    expect(new Set(all).size).toBe(6);
    expect(keys.id).toEqual(await sha256(keys.ticket));
    expect(await inviteKeys(parseInviteLink(link) as Invite)).toEqual(keys);
  });

  it('are others for another secret, another inviter or another expiry; not for another server', async () => {
    const keys = await inviteKeys(invite);
    for (const change of [
      { secret: flipBit(invite.secret, 0) },
      { inviter: flipBit(fingerprint, 0) },
      { expiry: invite.expiry + 1 },
    ]) {
      const others = await inviteKeys({ ...invite, ...change });
      for (const name of ['ticket', 'id', 'signalKey', 'psk', 'noteKey'] as const) {
        expect(others[name]).not.toEqual(keys[name]);
      }
    }
    expect(await inviteKeys({ ...invite, origin: 'https://elsewhere.example' })).toEqual(keys);
  });
});

describe('the note of an invite', () => {
  it('tells the inviter’s name to whoever holds the link, and to nobody else', async () => {
    const keys = await inviteKeys(invite);
    const note = await sealInviteNote(keys, 'Ann 😀');
    expect(Buffer.from(note).includes('Ann')).toBe(false);
    expect(await openInviteNote(keys, note)).toBe('Ann 😀');
    const others = await inviteKeys({ ...invite, secret: new Uint8Array(32) });
    expect(await openInviteNote(others, note)).toBeUndefined();
    expect((await sealInviteNote(keys, '😀'.repeat(64))).length).toBeLessThanOrEqual(MAX_INVITE_NOTE_BYTES);
  });

  it('altered, cut, or holding what is no name, says nothing', async () => {
    const keys = await inviteKeys(invite);
    const note = await sealInviteNote(keys, 'Ann');
    for (let bit = 0; bit < 8 * note.length; bit++) {
      expect(await openInviteNote(keys, flipBit(note, bit))).toBeUndefined();
    }
    for (let length = 0; length < note.length; length++) {
      expect(await openInviteNote(keys, note.slice(0, length))).toBeUndefined();
    }
    expect(await openInviteNote(keys, await sealInviteNote(keys, 'two\nlines'))).toBeUndefined();
  });
});

describe('the time of an invite', () => {
  it('runs out for the joiner a day after the inviter’s clock says so', () => {
    expect(isExpired(invite, invite.expiry + CLOCK_TOLERANCE)).toBe(false);
    expect(isExpired(invite, invite.expiry + CLOCK_TOLERANCE + 1)).toBe(true);
  });
});
