/** Cards: their bytes, what they say, whose they are. */
import { equal, toHex } from '../../../signal/wire/bytes.ts';
import { isCurrent, openCard, signCard, type Card } from '../../../signal/wire/card.ts';
import { check, same } from '../../contracts/check.ts';
import { hex } from '../hex.ts';
import type { Kind, People } from '../kind.ts';
import { MADE_AT } from '../people.ts';

interface CardVector {
  readonly bytes: string;
  readonly fingerprint: string;
  readonly sequence: number;
  readonly from: number;
  readonly until: number;
  readonly capabilities: number;
  readonly signingKey: string;
  readonly wrappingKey: string;
}

function written(card: Card): CardVector {
  const { sequence, from, until, capabilities } = card;
  return {
    bytes: toHex(card.bytes),
    fingerprint: toHex(card.fingerprint),
    sequence,
    from,
    until,
    capabilities,
    signingKey: toHex(card.signingKey),
    wrappingKey: toHex(card.wrappingKey),
  };
}

/** Another card of Ann, no two fields of which are alike. */
async function another({ ann }: People): Promise<Card> {
  const { signingKey, wrappingKey } = ann.card;
  const numbers = { sequence: MADE_AT + 1, from: MADE_AT, until: MADE_AT + 2, capabilities: 0x01020304 };
  const opened = await openCard(await signCard({ ...numbers, signingKey, wrappingKey }, ann.signKey));
  check(opened !== undefined, 'the card opens');
  return opened;
}

interface Cards {
  readonly ann: CardVector;
  readonly bob: CardVector;
  readonly another: CardVector;
}

export const card: Kind<Cards> = {
  make: async (people) => ({
    ann: written(people.ann.card),
    bob: written(people.bob.card),
    another: written(await another(people)),
  }),
  promises: [
    {
      promise: 'a card of 3072-bit keys, and one of 4096-bit keys, verify and say the same',
      async holds({ vector }) {
        for (const expected of [vector.ann, vector.bob, vector.another]) {
          const opened = await openCard(hex(expected.bytes));
          check(opened !== undefined, 'the card opens');
          same(written(opened), expected, 'the card');
          check(isCurrent(opened, MADE_AT), 'the card is valid when it was made');
        }
      },
    },
    {
      promise: 'a card is signed over the same bytes',
      async holds({ vector, ...people }) {
        const made = (await another(people)).bytes;
        const [frozen, signature] = [hex(vector.another.bytes), 3072 / 8];
        same(made.length, frozen.length, 'the length of the card');
        check(equal(made.slice(0, -signature), frozen.slice(0, -signature)), 'all before the signature is the same');
      },
    },
    {
      promise: 'the cards are those of the identity records, under whose names they were made',
      async holds({ vector, ann, bob }) {
        same([ann.name, bob.name], ['Ann', 'Bob'], 'the names');
        same([written(ann.card), written(bob.card)], [vector.ann, vector.bob], 'the cards');
      },
    },
  ],
};
