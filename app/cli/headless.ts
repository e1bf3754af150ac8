/** Talking in lines of JSON: orders come in, events go out, until no more orders come. */
import { sentenceOf } from '../core/chat/trouble.ts';
import { asFailure, Failure } from './exit.ts';
import { decodeOrder, MAX_LINE_BYTES, type Order } from './json.ts';
import { finish } from './leaving.ts';
import type { Line } from './lines.ts';
import { findPerson } from './people.ts';
import type { ErrorCode, SessionEvent } from './events.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { inTerminal } from './words.ts';

/** Orders that are being carried out at once; the next are read when these are durable. */
const MAX_ORDERS = 64;
const NO_ORDER = `A line must be {"send": "text", "to": "name or fingerprint", "ref": "any"}, at most ${MAX_LINE_BYTES} bytes of UTF-8.`;

export class Headless {
  readonly #terminal: Terminal;
  readonly #session: Session;
  readonly #pending = new Set<Promise<void>>();
  /** Those whom we wrote to. */
  readonly #written = new Set<string>();

  constructor(terminal: Terminal, session: Session) {
    this.#terminal = terminal;
    this.#session = session;
    session.onevent = (event) => this.tell(event);
  }

  tell(event: SessionEvent): void {
    this.#terminal.printJson(event);
  }

  /**
   * Carries out orders until there are no more, or we are told to end, or our server turns us away.
   * @param wait - seconds that what was written last may take to arrive. @throws Failure
   */
  async run(wait: number): Promise<void> {
    const { chat } = this.#session;
    this.tell({ event: 'ready', name: chat.name, fingerprint: chat.fingerprint });
    const over = this.#over();
    void this.#session.signedIn().catch((error: unknown) => this.#away(asFailure(error)));
    for (;;) {
      const next = await Promise.race([this.#terminal.lines.next(), over]);
      if (next === 'over') break;
      if (next.done) {
        await Promise.race([Promise.all(this.#pending), over]);
        return Promise.race([finish(this.#session, this.#written, wait), over.then(() => undefined)]);
      }
      await Promise.race([this.#take(next.value), over]);
    }
    await Promise.all(this.#pending);
  }

  /** @throws Failure once our server has turned us away */
  async #over(): Promise<'over'> {
    const failure = await Promise.race([this.#terminal.stopped, this.#session.turnedAway()]);
    if (failure) this.#fail('server', failure.message);
    if (failure) throw failure;
    return 'over';
  }

  #away(failure: Failure): void {
    if (failure.kind === 'unreachable') this.#fail('server', failure.message);
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
      this.#fail('send', inTerminal(sentenceOf(error)), ref);
    }
  }

  #fail(code: ErrorCode, text: string, ref?: Order['ref']): void {
    this.tell({ event: 'error', code, text, ...(ref === undefined ? {} : { ref }) });
  }
}
