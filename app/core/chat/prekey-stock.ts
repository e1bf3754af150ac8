/** Our prekeys at our server: it is asked what it has left at every welcome and each hour, and gets what it needs. */
import { HOUR } from '../../../signal/wire/time.ts';
import { isServerTrouble } from '../base/errors.ts';
import type { OwnPrekeys } from '../identity/prekeys/own-prekeys.ts';
import type { Server } from './server.ts';

export interface PrekeyStockParts {
  readonly prekeys: OwnPrekeys;
  readonly server: Server;
  readonly now: () => number;
  /** Does something nobody waits for. */
  readonly inBackground: (task: Promise<void>) => void;
}

export class PrekeyStock {
  readonly #parts: PrekeyStockParts;
  #upkeep: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(parts: PrekeyStockParts) {
    this.#parts = parts;
  }

  /** From now on our server has prekeys of ours to hand out. @returns whether it has them already. @throws StorageError */
  async keep(): Promise<boolean> {
    const { inBackground } = this.#parts;
    if (this.#closed) return false;
    this.#upkeep ??= setInterval(() => inBackground(this.#fill().then(() => undefined)), HOUR);
    return this.#fill();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#upkeep);
  }

  async #fill(): Promise<boolean> {
    const { prekeys, server, now } = this.#parts;
    if (server.state !== 'connected' || !server.mailbox) return false;
    try {
      const publication = await prekeys.publication(await server.parcels.stock(), now());
      if (publication && !this.#closed) await server.parcels.publish(publication.bundle, [...publication.keys]);
      return true;
    } catch (error) {
      // What it did not take it is offered again.
      if (!isServerTrouble(error)) throw error;
      return false;
    }
  }
}
