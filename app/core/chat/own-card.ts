/** Our card at our server: it hears of each newer one, and our keys are renewed once a year. */
import { DAY } from '../../../signal/wire/time.ts';
import { ChatError, Refused, Unreachable } from '../base/errors.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { Server } from './server.ts';
import { KEYS_NOT_TAKEN } from './trouble.ts';

export interface OwnCardParts {
  readonly own: OwnIdentity;
  readonly server: Server;
  /** There is a newer card. */
  readonly onchange: () => void;
  /** Does something nobody waits for. */
  readonly inBackground: (task: Promise<void>) => void;
}

export class OwnCard {
  readonly #parts: OwnCardParts;
  /** Whether our server has yet to hear of our newest card. */
  #mustRegister = false;
  #upkeep: ReturnType<typeof setInterval> | undefined;

  constructor(parts: OwnCardParts) {
    this.#parts = parts;
  }

  /** Makes a fresh key for others to encrypt for, durable, and tells our server of it now or at the next login. @throws ChatError */
  async renew(): Promise<void> {
    const { own, onchange } = this.#parts;
    await own.renewKey();
    onchange();
    await this.#register();
  }

  /** From now on what time asks for is done daily. */
  keepFresh(): void {
    const { inBackground } = this.#parts;
    inBackground(this.#keepFresh());
    this.#upkeep ??= setInterval(() => inBackground(this.#keepFresh()), DAY);
  }

  /** Our server has let us in; the login may have begun before there was this card. @throws ChatError */
  async welcomed(): Promise<void> {
    if (this.#mustRegister) await this.#register();
  }

  close(): void {
    clearInterval(this.#upkeep);
  }

  async #keepFresh(): Promise<void> {
    const { own, onchange } = this.#parts;
    if (!(await own.keepFresh())) return;
    onchange();
    await this.#register();
  }

  async #register(): Promise<void> {
    this.#mustRegister = true;
    try {
      await this.#parts.server.register();
      this.#mustRegister = false;
    } catch (error) {
      if (error instanceof Unreachable) return;
      this.#mustRegister = false;
      throw error instanceof Refused && error.code === 'bad-card' ? new ChatError(KEYS_NOT_TAKEN) : error;
    }
  }
}
