/**
 * Whatever is wrong with an envelope, opening it attempts the same cryptographic operations, in the same order, and gives
 * the same answer: nobody who sends envelopes learns which step failed.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { decodeEnvelope, openEnvelope, sealEnvelope } from '../../../app/core/envelope/envelope.ts';
import { DAMAGES, forgeEnvelope, type Making } from '../../parts/forged-envelopes.ts';
import { identityOf } from '../../parts/identities.ts';
import { operationsOf } from '../../parts/operations.ts';

let making: Making;

beforeAll(async () => {
  const [from, to, other] = await Promise.all([identityOf('Ann'), identityOf('Bob'), identityOf('Eve')]);
  const header = { sessionId: randomBytes(16), counter: 0, ratchetKey: randomBytes(32) };
  const body = { entries: utf8('entries'), rest: utf8('rest') };
  making = { from, to, other, header, messageKey: randomBytes(32), body };
});

const partiesOf = ({ from, to }: Making) => ({ sender: from.card.fingerprint, recipient: to.card.fingerprint });

/** What the recipient gets of an envelope, and what it took. */
async function opening(bytes: Bytes) {
  const envelope = decodeEnvelope(bytes);
  if (!envelope) throw new Error('nothing was opened');
  const { from, to, messageKey } = making;
  const keys = { messageKey, decryptKey: to.decryptKey, verifyKey: from.card.verifyKey };
  return operationsOf(() => openEnvelope(partiesOf(making), envelope, keys));
}

describe('opening an envelope', () => {
  it('that is sound, as the protocol spells it out or as it is made, takes these operations', async () => {
    const sound = await opening(await forgeEnvelope(making));
    expect(sound.result).toEqual(making.body);
    expect(sound.operations.filter((operation) => !/ (SHA-256|HMAC)$/.test(operation))).toEqual([
      'decrypt RSA-OAEP',
      'importKey AES-KW',
      'importKey AES-GCM',
      'unwrapKey AES-KW',
      'exportKey raw',
      'importKey AES-GCM',
      'decrypt AES-GCM',
      'verify RSA-PSS',
    ]);
    const { from, to, header, body, messageKey } = making;
    const keys = { messageKey, encryptKey: to.card.encryptKey, signKey: from.signKey };
    expect(await opening(await sealEnvelope(partiesOf(making), header, body, keys))).toEqual(sound);
  });

  it.each(Object.entries(DAMAGES))('fails, if %s, after the very same operations', async (_, damage) => {
    const { operations } = await opening(await forgeEnvelope(making));
    expect(await opening(await forgeEnvelope(making, damage(making)))).toEqual({ result: undefined, operations });
  });
});
