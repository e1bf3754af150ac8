/** What two people compare: the digits of each, their number, and the code that each shows. */
import { digitsOf, joinDigits } from '../../../app/core/session/safety-number.ts';
import { encodeCode, judgeCode } from '../../../app/core/session/safety-code.ts';
import { same } from '../../contracts/check.ts';
import type { Kind } from '../kind.ts';

interface SafetyNumberVector {
  readonly annsDigits: string;
  readonly bobsDigits: string;
  readonly number: string;
  readonly annsCode: string;
}

export const safetyNumber: Kind<SafetyNumberVector> = {
  async make({ ann, bob }) {
    const [annsDigits, bobsDigits] = await Promise.all([digitsOf(ann.card), digitsOf(bob.card)]);
    return {
      annsDigits,
      bobsDigits,
      number: joinDigits(annsDigits, bobsDigits),
      annsCode: encodeCode(ann.card.fingerprint, bob.card.fingerprint),
    };
  },
  promises: [
    {
      promise: 'two people have the same digits each, and the same number in either order',
      async holds({ vector, ann, bob }) {
        const [anns, bobs] = [await digitsOf(ann.card), await digitsOf(bob.card)];
        same([anns, bobs], [vector.annsDigits, vector.bobsDigits], 'the digits of each');
        same([joinDigits(anns, bobs), joinDigits(bobs, anns)], [vector.number, vector.number], 'the number');
      },
    },
    {
      promise: 'the code that one shows is the same, and the other takes it',
      async holds({ vector, ann, bob }) {
        const [anns, bobs] = [ann.card.fingerprint, bob.card.fingerprint];
        same(encodeCode(anns, bobs), vector.annsCode, 'the code');
        same(judgeCode(vector.annsCode, bobs, anns), 'same', 'what it says to the other');
      },
    },
  ],
};
