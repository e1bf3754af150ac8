/**
 * Which records share a chunk: groups of what changes together, spread over as few chunks as hold them. Where a group belongs is
 * in the hash of its name, so that one more or one less changes one chunk, and not all that come after it.
 */
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';

export interface Group {
  readonly name: string;
  /** What its records take in a chunk, in bytes. */
  readonly bytes: number;
}

/** @returns the groups in buckets of at most `limit` bytes, or of one group alone. */
export async function inBuckets<G extends Group>(groups: readonly G[], limit: number): Promise<G[][]> {
  const hashed = await Promise.all(groups.map(async (group) => ({ group, hash: await sha256(utf8(group.name)) })));
  hashed.sort((a, b) => (a.group.name < b.group.name ? -1 : 1));
  return split(hashed, limit, 0).map((bucket) => bucket.map(({ group }) => group));
}

interface Hashed<G> {
  readonly group: G;
  readonly hash: Bytes;
}

function split<G extends Group>(hashed: readonly Hashed<G>[], limit: number, bit: number): (readonly Hashed<G>[])[] {
  if (hashed.length === 0) return [];
  const bytes = hashed.reduce((sum, { group }) => sum + group.bytes, 0);
  if (hashed.length === 1 || bytes <= limit) return [hashed];
  const isSet = ({ hash }: Hashed<G>) => (hash[bit >> 3]! & (0x80 >> (bit & 7))) !== 0;
  return [
    ...split(
      hashed.filter((one) => !isSet(one)),
      limit,
      bit + 1,
    ),
    ...split(hashed.filter(isSet), limit, bit + 1),
  ];
}
