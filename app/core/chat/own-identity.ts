/** Who we are: the one place that changes our name and our wrapping key. A change is durable before it takes effect. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import { wipe } from '../crypto/wipe.ts';
import { openIdentity, type Identity } from '../identity/identity.ts';
import { IDENTITY_PLACE } from '../identity/identity-record.ts';
import { isDue, renamed, serves, withFreshKey, withoutSpentKeys } from '../identity/identity-change.ts';

export interface OwnIdentityParts {
  readonly identity: Identity;
  /** The profile's records, sealed. */
  readonly store: Store;
  readonly now: () => number;
}

export class OwnIdentity {
  readonly #parts: OwnIdentityParts;
  readonly #turns = new Serial();
  #identity: Identity;

  constructor(parts: OwnIdentityParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
  }

  /** Ourselves as we are now; who begins something that takes a while keeps what this gave. */
  get current(): Identity {
    const now = this.#parts.now();
    const { formerKeys } = this.#identity;
    // Tried no longer, though their record may wait for the next change.
    if (!formerKeys.every(({ until }) => serves(until, now))) {
      this.#identity = { ...this.#identity, formerKeys: formerKeys.filter(({ until }) => serves(until, now)) };
    }
    return this.#identity;
  }

  /** Takes another name. Others hear of it at the next handshake. @throws ChatError */
  rename(name: string): Promise<void> {
    return this.#change(async (record) => renamed(record, name));
  }

  /** Takes another wrapping key, under a newer card. @throws ChatError */
  renewKey(): Promise<void> {
    return this.#change((record) => withFreshKey(record, this.#identity, this.#parts.now()));
  }

  /**
   * Does what time asks for: takes another wrapping key after a year, and deletes former ones whose time is over.
   * @returns whether it did the first. @throws ChatError
   */
  async keepFresh(): Promise<boolean> {
    const { now } = this.#parts;
    if (isDue(this.#identity, now())) {
      await this.renewKey();
      return true;
    }
    await this.#change(async (record) => withoutSpentKeys(record, now()));
    return false;
  }

  /** Resolves once nothing is being changed. */
  settled(): Promise<void> {
    return this.#turns.settled();
  }

  /** One change at a time, from what is on the disk. @param make - gives `undefined` to leave it so. */
  #change(make: (record: Bytes) => Promise<Bytes | undefined>): Promise<void> {
    const { store } = this.#parts;
    return this.#turns.run(async () => {
      const record = await store.get(IDENTITY_PLACE);
      if (!record) throw new DamagedRecord();
      const next = await make(record).finally(() => wipe(record));
      if (!next) return;
      await store.write(new Map([[IDENTITY_PLACE, next]]));
      this.#identity = await openIdentity(next).finally(() => wipe(next));
    });
  }
}
