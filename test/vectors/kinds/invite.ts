/** An invite: its link, the keys derived from it, and the note left for whoever opens it. */
import { toHex } from '../../../signal/wire/bytes.ts';
import {
  createInvite,
  inviteKeys,
  inviteLink,
  openInviteNote,
  parseInviteLink,
  sealInviteNote,
  type Invite,
  type InviteKeys,
} from '../../../app/core/identity/invite.ts';
import { same } from '../../contracts/check.ts';
import { counting, withRandomness } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';
import { MADE_AT } from '../people.ts';

interface InviteVector {
  readonly link: string;
  readonly expiry: number;
  readonly ticket: string;
  readonly id: string;
  readonly signalKey: string;
  readonly psk: string;
  readonly noteKey: string;
  readonly note: string;
}

const ORIGIN = 'https://example.org';
const SECRET = counting(32, 1);
const NOTE_NONCE = counting(12, 200);

function invited({ ann }: People): Promise<Invite> {
  return withRandomness([SECRET], () => createInvite(ORIGIN, ann.card.fingerprint, MADE_AT));
}

function noted(keys: InviteKeys, { ann }: People): Promise<string> {
  return withRandomness([NOTE_NONCE], async () => toHex(await sealInviteNote(keys, ann.name)));
}

export const invite: Kind<InviteVector> = {
  async make(people) {
    const made = await invited(people);
    const keys = await inviteKeys(made);
    return {
      link: inviteLink(made),
      expiry: made.expiry,
      ticket: toHex(keys.ticket),
      id: toHex(keys.id),
      signalKey: toHex(keys.signalKey),
      psk: toHex(keys.psk),
      noteKey: toHex(keys.noteKey),
      note: await noted(keys, people),
    };
  },
  promises: [
    {
      promise: 'an invite has the same link, which reads as the same invite',
      async holds({ vector, ...people }) {
        const made = await invited(people);
        same(inviteLink(made), vector.link, 'the link');
        const { secret, inviter, expiry, origin } = made;
        same(expiry, vector.expiry, 'the expiry');
        same(parseInviteLink(vector.link), { secret, inviter, expiry, origin }, 'the invite');
      },
    },
    {
      promise: 'an invite gives the same ticket, id and keys',
      async holds({ vector, ...people }) {
        const { ticket, id, signalKey, psk, noteKey } = await inviteKeys(await invited(people));
        same(toHex(ticket), vector.ticket, 'the ticket');
        same(toHex(id), vector.id, 'the id');
        same(toHex(signalKey), vector.signalKey, 'the signaling key');
        same(toHex(psk), vector.psk, 'the pre-shared key');
        same(toHex(noteKey), vector.noteKey, 'the key of the note');
      },
    },
    {
      promise: "an inviter's note is sealed to the same bytes, and opens",
      async holds({ vector, ...people }) {
        const keys = await inviteKeys(await invited(people));
        same(await noted(keys, people), vector.note, 'the note');
        same(await openInviteNote(keys, hex(vector.note)), 'Ann', 'the name in it');
      },
    },
  ],
};
