/**
 * Explores states that are values: every move from every state, until no new state is found. States with equal
 * fingerprints count as one. That this is sound is not taken on trust: each fingerprint is expanded from two of the states
 * that have it, reached in different ways, and both must lead to the same fingerprints.
 */

export interface Move<S> {
  readonly name: string;
  readonly make: () => Promise<S>;
}

export interface StateSpace<S> {
  readonly start: S;
  readonly moves: (state: S) => Move<S>[];
  /** What tells a state from another, as far as their futures go. */
  readonly fingerprint: (state: S) => string;
  /** Throws if a state is as none may be. */
  readonly check: (state: S) => Promise<void>;
  /** No path is longer. */
  readonly depth: number;
}

export interface ExploredStates {
  readonly states: number;
  readonly moves: number;
  /** How many moves the state that is farthest from the start is away. */
  readonly farthest: number;
  /** Whether every state within the depth has been left in every way: there are no others at any depth. */
  readonly closed: boolean;
}

const REPRESENTATIVES = 2;

interface Reached<S> {
  readonly state: S;
  readonly print: string;
  readonly path: readonly string[];
}

/** An error, with the way that led to it. */
export function atEndOf(path: readonly string[], error: unknown): Error {
  const steps = path.map((name, index) => `  ${index + 1}. ${name}`).join('\n');
  return new Error(`${error instanceof Error ? error.message : String(error)}\nafter:\n${steps}`, { cause: error });
}

async function at<T>(path: readonly string[], task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw atEndOf(path, error);
  }
}

/** @throws the first failure found, by the shortest path, with that path. */
export async function exploreStates<S>(space: StateSpace<S>): Promise<ExploredStates> {
  const { fingerprint, check, depth } = space;
  const met = new Map<string, number>();
  const successors = new Map<string, string>();
  let moves = 0;
  let farthest = 0;
  let closed = true;
  let ways: Reached<S>[] = [{ state: space.start, print: fingerprint(space.start), path: [] }];
  met.set(ways[0]!.print, 1);
  await at([], () => check(space.start));
  while (ways.length > 0) {
    const next: Reached<S>[] = [];
    for (const { state, print, path } of ways) {
      if (path.length === depth) {
        closed = false;
        continue;
      }
      const leads: string[] = [];
      for (const { name, make } of space.moves(state)) {
        moves++;
        const longer = [...path, name];
        const reached = await at(longer, async () => {
          const made = await make();
          await check(made);
          return made;
        });
        const reachedPrint = fingerprint(reached);
        leads.push(`${name}: ${reachedPrint}`);
        const times = met.get(reachedPrint) ?? 0;
        if (times === REPRESENTATIVES) continue;
        if (times === 0) farthest = longer.length;
        met.set(reachedPrint, times + 1);
        next.push({ state: reached, print: reachedPrint, path: longer });
      }
      const all = leads.join('\n');
      if ((successors.get(print) ?? all) !== all) throw atEndOf(path, new Error('two states that look alike differ'));
      successors.set(print, all);
    }
    ways = next;
  }
  return { states: met.size, moves, farthest, closed };
}
