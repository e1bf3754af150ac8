/**
 * Explores what runs by itself, objects with promises and timers, by running it again and again: once for each order in
 * which what is not up to it may happen. A schedule is the list of choices made. At each moment one choice is usual; a
 * schedule deviates wherever it makes another, and all schedules with at most so many deviations are explored.
 *
 * What happens at different places commutes: each place depends on nothing but what happened to it, in that order. So
 * two schedules in which the same happened to each place, in the same order, have led to the same state, and it is
 * followed from there once.
 */
import { settle } from './watch.ts';
import { atEndOf } from './states.ts';

export interface Choice {
  readonly name: string;
  /** The places that it happens to. */
  readonly at: readonly string[];
  readonly run: () => void | Promise<void>;
}

/** Something that can be run from its start. */
export interface World {
  /** What may happen next if nothing goes wrong, the usual first. What follows by itself follows before the next choice. */
  choices(): readonly Choice[];
  /** What may go wrong next; nothing ever has to. */
  faults(): readonly Choice[];
  /** Whether it may end here: then it is usual that nothing happens. */
  isOver(): boolean;
  /** Throws if something is as it never may be. */
  check(): void | Promise<void>;
  /** Throws if the end is not as it must be. */
  judge(): void | Promise<void>;
  close(): void | Promise<void>;
}

export interface ExploredSchedules {
  readonly schedules: number;
  readonly states: number;
  readonly longest: number;
}

/** More choices than any schedule needs: one as long as this goes round in circles. */
const ENDLESS = 400;

type Histories = Readonly<Record<string, readonly string[]>>;

function after(histories: Histories, { name, at }: Choice): Histories {
  return { ...histories, ...Object.fromEntries(at.map((place) => [place, [...(histories[place] ?? []), name]])) };
}

const printOf = (histories: Histories): string => JSON.stringify(Object.entries(histories).sort());

interface Way {
  readonly names: readonly string[];
  /** Of the state it leads to. */
  readonly print: string;
}

/** @throws the first failure found, with the fewest deviations, and with the schedule that led to it. */
export async function exploreSchedules(open: () => Promise<World>, deviations: number): Promise<ExploredSchedules> {
  const visited = new Set<string>();
  let schedules = 0;
  let longest = 0;
  let ways: Way[] = [{ names: [], print: printOf({}) }];

  const follow = async ({ names }: Way, onward: (way: Way) => void): Promise<void> => {
    const world = await open();
    const path: string[] = [];
    let histories: Histories = {};
    schedules++;
    try {
      for (;;) {
        await settle();
        // What leads to where this schedule deviates has been checked before.
        if (path.length >= names.length) await world.check();
        const choices = world.choices();
        const isOver = world.isOver();
        if (choices.length === 0 && !isOver) throw new Error('nothing goes on any more');
        const all = [...choices, ...world.faults()];
        if (path.length >= names.length) {
          const print = printOf(histories);
          if (visited.has(print)) return;
          visited.add(print);
          for (const other of isOver ? all : all.slice(1)) {
            onward({ names: [...path, other.name], print: printOf(after(histories, other)) });
          }
          if (isOver) return await world.judge();
        }
        const name = names[path.length];
        const choice = name === undefined ? choices[0]! : all.find((one) => one.name === name);
        if (!choice) throw new Error(`“${name}” cannot happen this time, but could before`);
        path.push(choice.name);
        longest = Math.max(longest, path.length);
        histories = after(histories, choice);
        if (path.length === ENDLESS) throw new Error('there is no end to it');
        await choice.run();
      }
    } catch (error) {
      throw atEndOf(path, error);
    } finally {
      await world.close();
    }
  };

  for (let left = deviations; ways.length > 0; left--) {
    const next = new Map<string, Way>();
    const onward = (way: Way) => {
      if (left > 0 && !visited.has(way.print)) next.set(way.print, next.get(way.print) ?? way);
    };
    for (const way of ways) if (!visited.has(way.print)) await follow(way, onward);
    ways = [...next.values()];
  }
  return { schedules, states: visited.size, longest };
}
