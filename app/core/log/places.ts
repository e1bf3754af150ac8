/** Where a log keeps its records, by the log's hidden name. */
export const LOG_PREFIX = 'log/';
export const LOG_STATE_PREFIX = 'log-state/';
/** Notes of what is to go. */
export const ERASING_PREFIX = 'erasing/';

/** Where all records of a log are. */
export function prefixOf(name: string): string {
  return `${LOG_PREFIX}${name}/`;
}

/** Where the record at a position is. */
export function placeOf(name: string, position: number): string {
  return prefixOf(name) + position.toString(16).padStart(14, '0');
}

/** Where a log's state is. */
export function statePlaceOf(name: string): string {
  return LOG_STATE_PREFIX + name;
}
