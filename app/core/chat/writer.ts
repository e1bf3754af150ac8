/** What is being written in a conversation: made durable in its order; what comes meanwhile shares the next append. */
import { encodeContent, type Content, type EncodedContent } from '../envelope/content.ts';
import { MAX_BATCH_MESSAGES, type Message } from '../log/batch.ts';
import { textTooLong } from './trouble.ts';

interface Unwritten {
  readonly content: Content;
  readonly encoded: EncodedContent;
  readonly done: (message: Message) => void;
  readonly failed: (reason: unknown) => void;
}

/** Makes contents durable, all of them or none. @returns their messages, in the same order */
type Append = (contents: readonly (readonly [Content, EncodedContent])[]) => Promise<readonly Message[]>;

export class Writer {
  readonly #append: Append;
  #unwritten: Unwritten[] = [];
  #writing: Promise<void> | undefined;

  constructor(append: Append) {
    this.#append = append;
  }

  /** @returns the message, once it is durable. @throws ChatError if it is too long; what the append throws */
  write(content: Content): Promise<Message> {
    const encoded = encodeContent(content);
    if (!encoded) return Promise.reject(textTooLong());
    return new Promise((done, failed) => {
      this.#unwritten.push({ content, encoded, done, failed });
      this.#writing ??= this.#write();
    });
  }

  /** Resolves once nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#unwritten.length > 0) {
      const batch = this.#unwritten.splice(0, MAX_BATCH_MESSAGES);
      try {
        const messages = await this.#append(batch.map(({ content, encoded }) => [content, encoded] as const));
        batch.forEach(({ done }, index) => done(messages[index]!));
      } catch (error) {
        batch.forEach(({ failed }) => failed(error));
      }
    }
    // In the same turn as the loop's end: who hears that it is durable may write the next thing at once.
    this.#writing = undefined;
  }
}
