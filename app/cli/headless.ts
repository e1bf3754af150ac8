/** Talking in lines of JSON: orders come in, events go out, until no more orders come. */
import type { InviteView } from '../core/chat/views.ts';
import { arrived, tellingWhatWaits } from './arrival.ts';
import type { ErrorCode, ProfileEvent } from './events.ts';
import { asFailure, EXIT, Failure } from './exit.ts';
import { decodeOrder, MAX_LINE_BYTES, type Order, type Ref } from './json.ts';
import type { Line } from './lines.ts';
import { findPerson } from './people.ts';
import type { Talk, TalkParts } from './talk.ts';

/** Orders that are being carried out at once; the next are read when some of these are durable. */
export const MAX_ORDERS = 64;
const NO_ORDER = `A line must be {"send": "text", "to": "name or fingerprint", "ref": "any"}, in at most ${MAX_LINE_BYTES} bytes of UTF-8.`;

export class Headless implements Talk {
  readonly #parts: TalkParts;
  readonly #pending = new Set<Promise<void>>();
  /** Those whom we wrote to. */
  readonly #written = new Set<string>();
  /** How many orders could not be carried out, and why: of several reasons, the one with the highest code. */
  #failed = 0;
  #worst: Failure['kind'] = 'fault';

  constructor(parts: TalkParts) {
    this.#parts = parts;
    const { live } = parts;
    live.onevent = (event) => this.#tell(event);
    const { name, fingerprint } = live.chat;
    this.#tell({ event: 'ready', name, fingerprint });
  }

  say(sentence: string): void {
    this.#tell({ event: 'error', code: 'notice', text: sentence });
  }

  handOver({ link }: InviteView): void {
    this.#tell({ event: 'invite', link });
  }

  /** Carries out orders until there are no more, and what was sent has arrived. @throws Failure if some was not; Stopped */
  async run(): Promise<void> {
    const { terminal, live, end, wait } = this.#parts;
    void this.#tellIfAway();
    for await (const line of terminal.lines) await this.#take(line);
    await Promise.all(this.#pending);
    await tellingWhatWaits(live, this.#written, end.or(arrived(live, this.#written, wait)));
    this.#checkOrders();
  }

  #tell(event: ProfileEvent): void {
    this.#parts.terminal.printJson(event);
  }

  async #tellIfAway(): Promise<void> {
    try {
      await this.#parts.live.signedIn();
    } catch (error) {
      // Whoever is turned away ends; who is alone goes on, and what is written waits.
      const { kind, message } = asFailure(error);
      if (kind === 'unreachable') this.#tell({ event: 'error', code: kind, text: message });
    }
  }

  async #take({ text }: Line): Promise<void> {
    const order = text === undefined ? undefined : decodeOrder(text);
    if (!order) return this.#fail('line', new Failure('usage', NO_ORDER));
    const sending = this.#send(order).finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
    if (this.#pending.size >= MAX_ORDERS) await Promise.race(this.#pending);
  }

  /** Never rejects. */
  async #send({ send, to, ref }: Order): Promise<void> {
    const { live } = this.#parts;
    let id: string;
    try {
      ({ id } = findPerson(live.chat, to));
    } catch (error) {
      return this.#fail('to', asFailure(error), ref);
    }
    try {
      this.#written.add(id);
      await live.send(id, send, ref);
    } catch (error) {
      this.#fail('send', asFailure(error), ref);
    }
  }

  /** An order is not carried out: it goes on, and the end says so, too. */
  #fail(code: ErrorCode, { kind, message: text }: Failure, ref?: Ref): void {
    this.#failed++;
    if (EXIT[kind] > EXIT[this.#worst]) this.#worst = kind;
    this.#tell({ event: 'error', code, text, ...(ref === undefined ? {} : { ref }) });
  }

  /** @throws Failure if some order was not carried out */
  #checkOrders(): void {
    if (this.#failed === 0) return;
    const sentence =
      this.#failed === 1
        ? 'One order was not carried out: the error that came for it says why.'
        : `${this.#failed} orders were not carried out: the errors that came for them say why.`;
    throw new Failure(this.#worst, sentence);
  }
}
