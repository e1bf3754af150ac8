/** A session of the same keys in memory of its own, so that one may be overwritten and the other still used. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import type { Chain } from '../../app/core/session/ratchet.ts';
import type { Session } from '../../app/core/session/session.ts';

const copy = (bytes: Bytes): Bytes => bytes.slice();
const copyChain = ({ key, counter }: Chain): Chain => ({ key: copy(key), counter });

export function copySession({ id, renewalKey, ratchet }: Session): Session {
  const { rootKey, sending, receiving, ...rest } = ratchet;
  const keys = { rootKey: copy(rootKey), sending: copyChain(sending), receiving: copyChain(receiving) };
  return { id, renewalKey: copy(renewalKey), ratchet: { ...rest, ...keys } };
}
