/** Whose turn it is after an error: for an interface that says so by a number, as programs do when they end. */
import { PlaceError } from '../core/backup/place.ts';
import { ChatError, DamagedRecord, ServerAway, StorageError } from '../core/base/errors.ts';

/**
 * `refused`: what was asked for is not to be had. `unreachable`: the server, or a person, is not there; ask again later.
 * `fault`: this device, or Sotto, is at fault.
 */
export type Cause = 'refused' | 'unreachable' | 'fault';

/** Whose turn it is after an error of any kind; an unexpected one is our fault. */
export function causeOf(error: unknown): Cause {
  if (error instanceof ServerAway) return 'unreachable';
  if (error instanceof PlaceError) return causeOfPlace(error.reason);
  if (error instanceof StorageError || error instanceof DamagedRecord) return 'fault';
  return error instanceof ChatError ? 'refused' : 'fault';
}

function causeOfPlace(reason: PlaceError['reason']): Cause {
  if (reason === 'unreachable' || reason === 'busy') return 'unreachable';
  return reason === 'failed' ? 'fault' : 'refused';
}
