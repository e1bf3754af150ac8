/**
 * How two people get to one link: rosters, diallers, dials, handshakes and books as they are, with the server, the network,
 * the disks and the clock in the test's hand. Both may dial at once; payloads may be lost, links may break, devices may die
 * and come back, time may pass at any moment. In the end, always, both have the same one link, and understand each other on
 * it, within five minutes.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { compare, type Bytes } from '../../signal/wire/bytes.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { identityOf } from '../parts/identities.ts';
import { times } from '../parts/long.ts';
import { onPage } from '../parts/people.ts';
import { HeldNetwork } from './held-network.ts';
import { acquainted, Home, invited, type Acquaintances } from './home.ts';
import { NAMES } from './names.ts';
import { exploreSchedules, type Choice, type World } from './schedules.ts';
import { checkKeysOnce, forgetSealings, settle, takeSealings } from './watch.ts';

const DEVIATIONS = times(1, 2);
/** Longer than any acknowledgement waits. */
const MOMENT = 100;
/** More than any number of retries takes that the faults within the bound may cause. */
const PATIENCE = 5 * 60_000;
/** The one with the higher fingerprint has dialled by then, too. */
const YIELD = 3_000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  // Retries wait as long every time.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

/** What the server has for somebody. */
type Post = { readonly payload: Bytes } | { readonly present: boolean };

class Dialling implements World {
  readonly #network = new HeldNetwork();
  readonly #people: readonly Identity[];
  readonly #homes: readonly [Home, Home];
  readonly #atOnce: boolean;
  /** Oldest first, by whose it is. */
  readonly #post: readonly [Post[], Post[]] = [[], []];
  readonly #begin = performance.now();
  /** Whether something has gone wrong, or a time limit has been reached, before what was under way came. */
  #isDisturbed = false;
  /** So long has passed before what was under way came that its fate is of no interest. */
  #isStale = false;

  private constructor(people: readonly [Identity, Identity], records: Acquaintances, atOnce: boolean) {
    this.#people = people;
    this.#atOnce = atOnce;
    const home = (index: 0 | 1) =>
      new Home(
        {
          us: people[index],
          them: people[1 - index]!,
          openLink: this.#network.openLink(people[index].name),
          send: (payload) => this.#post[1 - index]!.push({ payload }),
          onjoined: () => this.#post[index].push({ present: true }),
        },
        records[index],
      );
    this.#homes = [home(0), home(1)];
    forgetSealings();
  }

  /** @param atOnce - both look the other up, about to dial, before anything else happens */
  static async open(people: readonly [Identity, Identity], records: Acquaintances, atOnce: boolean): Promise<Dialling> {
    const world = new Dialling(people, records, atOnce);
    for (const home of world.#homes) await home.start();
    for (const index of [0, 1]) if (world.#homes[index]!.knowsThem) world.#post[index]!.push({ present: true });
    if (!atOnce) return world;
    for (const delivery of world.#deliveries()) await delivery.run();
    vi.advanceTimersByTime(YIELD);
    await settle();
    if (!world.#homes.every(({ isBusy }) => isBusy)) throw new Error('they do not dial at once');
    return world;
  }

  choices(): Choice[] {
    return [...this.#usual(), ...this.#passing()];
  }

  faults(): Choice[] {
    if (this.#isStale) return [];
    const ofServer = this.#losses();
    const ofDevices = [0, 1].flatMap((index) => this.#deaths(index));
    return [...ofServer, ...this.#network.losses(), ...this.#network.breaks(), ...ofDevices].map((fault) => ({
      ...fault,
      run: () => {
        this.#isDisturbed = true;
        return fault.run();
      },
    }));
  }

  isOver(): boolean {
    return this.#isStale || (this.#usual().length === 0 && this.#homes.every(({ isLinked }) => isLinked));
  }

  check(): void {
    for (const { name, peer } of this.#homes) {
      if (peer?.trouble !== undefined) throw new Error(`${name} has trouble: ${onPage(peer.trouble)}`);
    }
  }

  async judge(): Promise<void> {
    if (this.#isStale) return;
    const open = this.#network.ends.filter(({ isClosed }) => !isClosed);
    expect(open.map(({ owner }) => owner).sort(), 'one link is open, and no end of any other').toEqual(NAMES);
    expect(open[0]!.link).toBe(open[1]!.link);
    expect(this.#homes.every(({ isPinned }) => isPinned)).toBe(true);
    for (const { peer } of this.#homes) void peer!.send({ kind: 'text', text: 'hello' });
    // The first acknowledgement goes at once, another one that goes alone a moment later.
    for (const wait of [0, MOMENT]) {
      vi.advanceTimersByTime(wait);
      await settle();
      for (let [next] = this.#usual(); next; [next] = this.#usual()) {
        await next.run();
        await settle();
      }
    }
    for (const { name, peer } of this.#homes) {
      const { chain } = peer!.log.state.ours;
      expect(peer!.stateOf({ entry: { chain, seq: 1 } }), `the text of ${name}`).toBe('Delivered');
    }
    checkKeysOnce(takeSealings());
  }

  close(): void {
    for (const home of this.#homes) home.close();
    vi.clearAllTimers();
  }

  /** What happens by itself, sooner or later, if nothing goes wrong. */
  #usual(): Choice[] {
    const ofHomes = this.#homes.flatMap((home) => home.choices());
    return [...ofHomes, ...this.#network.arrivals(), ...this.#deliveries()];
  }

  #deliveries(): Choice[] {
    return [0, 1].flatMap((index) => {
      const [next] = this.#post[index]!;
      const { name, roster } = this.#homes[index]!;
      const them = this.#people[1 - index]!.card.fingerprint;
      if (!next) return [];
      const what = 'payload' in next ? 'a payload' : next.present ? 'that the other is here' : 'that the other is away';
      const run = () => {
        this.#post[index]!.shift();
        if ('payload' in next) void roster.receiveSignal(them, next.payload);
        else roster.setPresence(them, next.present);
      };
      return [{ name: `the server tells ${name} ${what}`, at: [name], run }];
    });
  }

  /** The next timer of either goes off; with nothing else to come, that is what is waited for. */
  #passing(): Choice[] {
    if (vi.getTimerCount() === 0 || this.isOver()) return [];
    const isAllThere = this.#usual().length === 0;
    const run = () => {
      if (isAllThere && this.#atOnce && !this.#isDisturbed) throw new Error('they wait, though nothing was lost');
      this.#isDisturbed ||= !isAllThere;
      vi.advanceTimersToNextTimer();
      if (performance.now() - this.#begin < PATIENCE) return;
      if (isAllThere) throw new Error('they have no link after five minutes');
      this.#isStale = true;
    };
    return [{ name: 'time passes', at: NAMES, run }];
  }

  #losses(): Choice[] {
    return [0, 1].flatMap((index) => {
      const [next] = this.#post[index]!;
      if (!next || !('payload' in next)) return [];
      const { name } = this.#homes[index]!;
      return [{ name: `a payload for ${name} is lost`, at: [name], run: () => void this.#post[index]!.shift() }];
    });
  }

  #deaths(index: number): Choice[] {
    const [home, other] = [this.#homes[index]!, this.#homes[1 - index]!];
    return home.deaths().map((when) => ({
      name: `${home.name} dies${when === 'after' ? ' just after a write is durable' : ''}, and comes back`,
      at: NAMES,
      run: async () => {
        this.#network.leave(home.name);
        await home.die(when);
        this.#post[index]!.length = 0;
        if (home.knowsThem) this.#post[index]!.push({ present: true });
        if (other.knowsThem) this.#post[1 - index]!.push({ present: false }, { present: true });
      },
    }));
  }
}

/** Ann is the one who dials first of two alike. */
async function people(): Promise<[Identity, Identity]> {
  const both = [await identityOf('one'), await identityOf('other')] as const;
  const [lower, higher] = [...both].sort((a, b) => compare(a.card.fingerprint, b.card.fingerprint));
  return [
    { ...lower!, name: 'Ann' },
    { ...higher!, name: 'Bob' },
  ];
}

it.each([
  ['who have met', acquainted, { reversed: false, atOnce: false }],
  ['who have met and dial at once', acquainted, { reversed: false, atOnce: true }],
  ['of whom the one who dials first has invited the other', invited, { reversed: false, atOnce: false }],
  ['of whom the one who dials last has invited the other', invited, { reversed: true, atOnce: false }],
] as const)(
  'gives two %s one link, whatever goes wrong',
  async (name, meeting, { reversed, atOnce }) => {
    const [ann, bob] = await people();
    const both: [Identity, Identity] = reversed ? [bob, ann] : [ann, bob];
    const records = await meeting(...both);
    const { schedules, states, longest } = await exploreSchedules(
      () => Dialling.open(both, records, atOnce),
      DEVIATIONS,
    );
    const found = `${schedules} schedules, ${states} states, the longest of ${longest}`;
    console.log(`Dialling, two ${name}: ${found}; ${DEVIATIONS} deviations.`);
    expect(schedules).toBeGreaterThan(40);
  },
  3_600_000,
);
