/** Someone's device in a model: a peer and its log as the app runs them, on a disk that may die. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import type { Store } from '../../app/core/base/store.ts';
import { Peer } from '../../app/core/chat/peer.ts';
import { conversationOf } from '../../app/core/log/entry.ts';
import { Log } from '../../app/core/log/log.ts';
import { identityOf } from '../parts/identities.ts';
import { memoryStore } from '../parts/memory-store.ts';
import { HeldDisk } from './held-disk.ts';
import { otherOf, type Name } from './names.ts';

/** What someone writes first, second, and so on. */
export const textOf = (name: Name, number: number) => `${name} ${number}`;

export class Device {
  readonly name: Name;
  readonly #records = new Map<string, Bytes>();
  disk = new HeldDisk(this.#records);
  peer: Peer | undefined;
  isLinked = false;
  /** Texts that were begun, and those that the peer said it keeps. */
  begun = 0;
  kept = 0;
  isBroken = false;

  constructor(name: Name) {
    this.name = name;
  }

  async start(): Promise<void> {
    const log = await this.#log(this.disk.store);
    const peer: Peer = await Peer.open({
      log,
      now: () => 0,
      tellsRead: () => true,
      onmissing: () => undefined,
      onproven: () => undefined,
      onbroken: () => (this.isBroken = true),
      onlost: () => {
        if (this.peer === peer) this.isLinked = false;
      },
      onchange: () => undefined,
    });
    this.peer = peer;
  }

  write(): void {
    const { peer } = this;
    const text = textOf(this.name, ++this.begun);
    peer!.send({ kind: 'text', text }).then(
      () => this.kept++,
      () => undefined,
    );
  }

  /** What is durable by now. */
  durable(): Promise<Log> {
    return this.#log(memoryStore(this.#records));
  }

  /** Dies, and is started again. What was not kept by then is written again later. */
  async die(when: 'before' | 'after'): Promise<void> {
    const old = this.peer!;
    await this.disk.die(when);
    void old.close();
    this.disk = new HeldDisk(this.#records);
    this.isLinked = false;
    await this.start();
    const { seq } = this.peer!.log.state.ours;
    if (seq < this.kept) throw new Error('a text that was kept is gone');
    this.begun = this.kept = seq;
  }

  async #log(store: Store): Promise<Log> {
    const [us, them] = [await identityOf(this.name), await identityOf(otherOf(this.name))].map(
      ({ card }) => card.fingerprint,
    ) as [Bytes, Bytes];
    return Log.open(store, 'log', { id: await conversationOf(us, them), us, them });
  }
}
