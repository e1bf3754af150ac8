/** Talking in lines of JSON: orders come in, events go out, until no more orders come. */
import type { End } from './end.ts';
import type { ErrorCode, SessionEvent } from './events.ts';
import { asFailure } from './exit.ts';
import { decodeOrder, MAX_LINE_BYTES, type Order, type Ref } from './json.ts';
import { finish, tellingWhatWaits } from './leaving.ts';
import type { Line } from './lines.ts';
import { findPerson } from './people.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Orders that are being carried out at once; the next are read when some of these are durable. */
const MAX_ORDERS = 64;
const NO_ORDER = `A line must be {"send": "text", "to": "name or fingerprint", "ref": "any"}, in at most ${MAX_LINE_BYTES} bytes of UTF-8.`;

export class Headless {
  readonly #terminal: Terminal;
  readonly #session: Session;
  readonly #pending = new Set<Promise<void>>();
  /** Those whom we wrote to. */
  readonly #written = new Set<string>();

  /** From now on all that happens is told. */
  constructor(terminal: Terminal, session: Session) {
    this.#terminal = terminal;
    this.#session = session;
    session.onevent = (event) => this.tell(event);
    const { name, fingerprint } = session.chat;
    this.tell({ event: 'ready', name, fingerprint });
  }

  tell(event: SessionEvent): void {
    this.#terminal.printJson(event);
  }

  /**
   * Carries out orders until there are no more.
   * @param wait - seconds that what was written last may take to arrive. @throws Failure, Stopped
   */
  async run(wait: number, end: End): Promise<void> {
    void this.#tellIfAway();
    for await (const line of this.#terminal.lines) await this.#take(line);
    await Promise.all(this.#pending);
    const arrival = end.or(finish(this.#session, this.#written, wait));
    await tellingWhatWaits(this.#session, this.#written, arrival);
  }

  async #tellIfAway(): Promise<void> {
    try {
      await this.#session.signedIn();
    } catch (error) {
      // Whoever is turned away ends; who is alone goes on, and what is written waits.
      const { kind, message } = asFailure(error);
      if (kind === 'unreachable') this.#fail(kind, message);
    }
  }

  async #take({ text }: Line): Promise<void> {
    const order = text === undefined ? undefined : decodeOrder(text);
    if (!order) return this.#fail('line', NO_ORDER);
    const sending = this.#send(order).finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
    if (this.#pending.size >= MAX_ORDERS) await Promise.race(this.#pending);
  }

  /** Never rejects. */
  async #send({ send, to, ref }: Order): Promise<void> {
    let id: string;
    try {
      ({ id } = findPerson(this.#session.chat, to));
    } catch (error) {
      return this.#fail('to', asFailure(error).message, ref);
    }
    try {
      this.#written.add(id);
      await this.#session.send(id, send, ref);
    } catch (error) {
      this.#fail('send', asFailure(error).message, ref);
    }
  }

  #fail(code: ErrorCode, text: string, ref?: Ref): void {
    this.tell({ event: 'error', code, text, ...(ref === undefined ? {} : { ref }) });
  }
}
