/** Callbacks to be told, without arguments, that something has changed; they read the new state themselves. */
export class Listeners {
  #listeners = new Set<() => void>();

  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
