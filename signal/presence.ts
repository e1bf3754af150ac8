/**
 * Who is here, on this process, and who hears of it. Nobody learns of anyone who does not want it: A hears of B only if
 * A watches B, and either B watches A, or A watches B with a live invite that B made. To everyone else B is absent,
 * whether here or not. Whom A may signal is ruled alike, without A having to watch where B watches A.
 *
 * Fingerprints are hexadecimal throughout, for use as keys. When several processes share the work one day, this is
 * where they meet.
 */
import { CloseCode } from './wire/close-codes.ts';
import { MAX_WATCHED } from './wire/limits.ts';

/** A connection of someone present. */
export interface Present {
  /** Says whether a watched peer is present. */
  tellPresence(peer: string, present: boolean): void;
  close(code: CloseCode): void;
}

/** Whether an invite is `inviter`'s, live and not hidden. */
export type InviteCheck = (invite: string, inviter: string) => boolean;

export interface WatchRequest {
  readonly peer: string;
  /** The id of an invite by that peer, where the watcher has shown its ticket. */
  readonly invite: string | undefined;
}

interface Watch {
  readonly invite: string | undefined;
  /** What the watcher was last told. */
  told: boolean;
}

/** Someone who is here. What they watch outlives a connection that a newer one replaces. */
interface Place<Connection> {
  connection: Connection;
  readonly watches: Map<string, Watch>;
}

export class Presence<Connection extends Present> {
  readonly #isLive: InviteCheck;
  readonly #places = new Map<string, Place<Connection>>();
  /** By the one watched: who watches them. */
  readonly #watchers = new Map<string, Set<string>>();

  constructor(isLive: InviteCheck) {
    this.#isLive = isLive;
  }

  /** The connection of someone who is here. */
  find(who: string): Connection | undefined {
    return this.#places.get(who)?.connection;
  }

  /**
   * The connection that `who` may signal `peer` on, if any: that peer watches them, or they watch the peer with a live
   * invite of theirs. It takes as long for a stranger who is here as for one who is not.
   */
  reach(who: string, peer: string): Connection | undefined {
    const invited = this.#isInvited(peer, this.#places.get(who)?.watches.get(peer));
    const other = this.#places.get(peer);
    return invited || other?.watches.has(who) ? other?.connection : undefined;
  }

  /** Someone has logged in. An older connection of theirs is closed; those who watch them notice nothing. */
  arrive(who: string, connection: Connection): void {
    const place = this.#places.get(who);
    if (place) {
      const older = place.connection;
      place.connection = connection;
      older.close(CloseCode.replaced);
      return;
    }
    this.#places.set(who, { connection, watches: new Map() });
    this.#refreshWatchersOf(who);
  }

  /** A connection has closed. One that has been replaced takes nobody away. */
  leave(who: string, connection: Connection): void {
    const place = this.#places.get(who);
    if (place?.connection !== connection) return;
    this.#places.delete(who);
    for (const peer of place.watches.keys()) this.#forgetWatcher(peer, who);
    this.#refreshWatchersOf(who);
  }

  /** Everyone has left at once, and nobody is told. */
  clear(): void {
    this.#places.clear();
    this.#watchers.clear();
  }

  /**
   * Starts watching peers, and says at once of each whether it is present.
   * @returns false, watching none of them, if that would make more than MAX_WATCHED.
   */
  watch(who: string, requests: readonly WatchRequest[]): boolean {
    const place = this.#places.get(who);
    if (!place) return true;
    const added = new Set(requests.map(({ peer }) => peer).filter((peer) => !place.watches.has(peer)));
    if (place.watches.size + added.size > MAX_WATCHED) return false;
    for (const { peer, invite } of requests) {
      const watch: Watch = { invite, told: false };
      place.watches.set(peer, watch);
      this.#rememberWatcher(peer, who);
      watch.told = this.#mayHear(who, peer, watch);
      place.connection.tellPresence(peer, watch.told);
      this.#refresh(peer, who);
    }
    return true;
  }

  /** Stops watching peers; those who heard of the watcher only because of it hear that they are absent. */
  unwatch(who: string, peers: readonly string[]): void {
    const place = this.#places.get(who);
    for (const peer of peers) {
      if (!place?.watches.delete(peer)) continue;
      this.#forgetWatcher(peer, who);
      this.#refresh(peer, who);
    }
  }

  /** An inviter has cancelled or hidden an invite: whoever watched them by it may no longer. */
  inviteWithdrawn(inviter: string): void {
    this.#refreshWatchersOf(inviter);
  }

  /** Whether `peer` is here and `who`, by this watch, is to know it. */
  #mayHear(who: string, peer: string, watch: Watch): boolean {
    const invited = this.#isInvited(peer, watch);
    const other = this.#places.get(peer);
    return other !== undefined && (invited || other.watches.has(who));
  }

  /** Whether a watch of this peer shows a live invite of theirs. Asked whether they are here or not: it takes time. */
  #isInvited(peer: string, watch: Watch | undefined): boolean {
    return watch?.invite !== undefined && this.#isLive(watch.invite, peer);
  }

  /** Tells a watcher of a peer if what they are to know has changed. */
  #refresh(who: string, peer: string): void {
    const place = this.#places.get(who);
    const watch = place?.watches.get(peer);
    if (!place || !watch) return;
    const present = this.#mayHear(who, peer, watch);
    if (present === watch.told) return;
    watch.told = present;
    place.connection.tellPresence(peer, present);
  }

  /** A copy is walked: telling someone may close their connection, and so change the set. */
  #refreshWatchersOf(peer: string): void {
    for (const who of [...(this.#watchers.get(peer) ?? [])]) this.#refresh(who, peer);
  }

  #rememberWatcher(peer: string, who: string): void {
    const watchers = this.#watchers.get(peer);
    if (watchers) watchers.add(who);
    else this.#watchers.set(peer, new Set([who]));
  }

  #forgetWatcher(peer: string, who: string): void {
    const watchers = this.#watchers.get(peer);
    watchers?.delete(who);
    if (watchers?.size === 0) this.#watchers.delete(peer);
  }
}
