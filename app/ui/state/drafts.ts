/** What was typed and not sent, by conversation; in memory only. */
export class Drafts {
  readonly #texts = new Map<string, string>();

  get(conversationId: string): string {
    return this.#texts.get(conversationId) ?? '';
  }

  set(conversationId: string, text: string): void {
    this.#texts.set(conversationId, text);
  }

  delete(conversationId: string): void {
    this.#texts.delete(conversationId);
  }
}
