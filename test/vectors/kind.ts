import type { Identity } from '../../app/core/identity/identity.ts';
import type { Promised } from '../contracts/check.ts';

/** Two people made once for all vectors: Ann's keys have 3072 bits, Bob's 4096. */
export interface People {
  readonly ann: Identity;
  readonly bob: Identity;
}

/** A vector as its promises get it. */
export interface Frozen<Vector> extends People {
  readonly vector: Vector;
}

/**
 * One kind of frozen vector. It is made once, from fixed randomness wherever ours is drawn, and what it promises holds
 * ever after: what is deterministic comes out the same, what is random by nature still opens.
 */
export interface Kind<Vector> {
  readonly make: (people: People) => Promise<Vector>;
  readonly promises: readonly Promised<Frozen<Vector>>[];
}
