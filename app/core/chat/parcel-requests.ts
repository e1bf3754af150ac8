/** What we ask of our server about parcels: leaving them, collecting them, the prekeys that seal them, who may leave any. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { BYTES_PER_POINT, MAX_TAKEN, MAX_WATCH_BATCH, POINT_INTERVAL } from '../../../signal/wire/limits.ts';
import type { Answer, ServerMessageOf } from '../../../signal/wire/messages.ts';
import { Unreachable } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Stock } from '../identity/prekeys/service.ts';
import type { SignalClient } from '../transport/signal-client.ts';

/** Bytes of parcels left in one POINT_INTERVAL: as JSON, less than half of what our server bears of a connection. */
const BYTES_PER_INTERVAL = 300 * BYTES_PER_POINT;

export type Collected = Pick<ServerMessageOf<'parcels'>, 'parcels' | 'more'>;
/** A parcel in our inbox, as our server gives it. */
export type LeftParcel = Collected['parcels'][number];

export class ParcelRequests {
  readonly #client: Pick<SignalClient, 'request'>;
  readonly #deposits = new Serial();
  /** When the present interval ends, by the monotonic clock, and what was left in it. */
  #intervalEnd = 0;
  #bytesLeft = 0;

  constructor(client: Pick<SignalClient, 'request'>) {
    this.#client = client;
  }

  /** How many one-time keys there are of which bundle of ours. @throws Unreachable, Refused */
  async stock(): Promise<Stock> {
    return expect('stock', await this.#client.request({ type: 'stock' }));
  }

  /** Puts a bundle of prekeys in the place of the one before. @throws Unreachable, Refused */
  async publish(bundle: Bytes, keys: Bytes[]): Promise<void> {
    await this.#client.request({ type: 'publish', bundle, keys });
  }

  /** What to seal a parcel with. @param ticket - of an invite of theirs that we hold @throws Unreachable, Refused */
  async prekeys(
    fingerprint: Bytes,
    ticket: Bytes | undefined,
  ): Promise<Pick<ServerMessageOf<'prekeys'>, 'bundle' | 'oneTime'>> {
    return expect('prekeys', await this.#client.request({ type: 'prekeys', fingerprint, ...(ticket && { ticket }) }));
  }

  /** Leaves a parcel; resolves once our server has it for good. @throws Unreachable, Refused */
  deposit(to: Bytes, parcel: Bytes, ticket: Bytes | undefined): Promise<void> {
    return this.#deposits.run(async () => {
      await this.#pace(parcel.length);
      await this.#client.request({ type: 'deposit', to, parcel, ...(ticket && { ticket }) });
    });
  }

  /** The oldest parcels with higher numbers than `after`. @throws Unreachable, Refused */
  async collect(after: number): Promise<Collected> {
    return expect('parcels', await this.#client.request({ type: 'collect', after }));
  }

  /** These parcels are durable here, or of no use. @throws Unreachable, Refused */
  async taken(numbers: readonly number[]): Promise<void> {
    for (let i = 0; i < numbers.length; i += MAX_TAKEN) {
      await this.#client.request({ type: 'taken', numbers: numbers.slice(i, i + MAX_TAKEN) });
    }
  }

  /** Who may leave parcels for us, and who not any more. @throws Unreachable, Refused */
  async senders(add: readonly Bytes[], remove: readonly Bytes[]): Promise<void> {
    for (let i = 0; i < Math.max(add.length, remove.length); i += MAX_WATCH_BATCH) {
      const batch = (people: readonly Bytes[]) => people.slice(i, i + MAX_WATCH_BATCH);
      await this.#client.request({ type: 'senders', add: batch(add), remove: batch(remove) });
    }
  }

  /** Waits until so many bytes more are not too much at once for our server. */
  async #pace(bytes: number): Promise<void> {
    const wait = this.#intervalEnd - performance.now();
    if (wait > 0 && this.#bytesLeft + bytes > BYTES_PER_INTERVAL) await new Promise((done) => setTimeout(done, wait));
    if (performance.now() >= this.#intervalEnd) {
      this.#intervalEnd = performance.now() + POINT_INTERVAL;
      this.#bytesLeft = 0;
    }
    this.#bytesLeft += bytes;
  }
}

/** The answer, if it is one to what was asked. @throws Unreachable: a server that answers otherwise is of no use now */
function expect<T extends Answer['type']>(type: T, answer: Answer): Extract<Answer, { type: T }> {
  if (answer.type !== type) throw new Unreachable();
  return answer as Extract<Answer, { type: T }>;
}
