/** Why the server cannot start: one sentence for the person who starts it, naming the setting to change. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
