import { sentenceOf } from '../../core/chat/trouble.ts';
import type { Progress, Sentence } from '../../core/chat/views.ts';
import type { Beginning, OpenProfile, ProfileEntry } from '../../platform/browser/profiles.ts';
import type { WayIn } from '../../platform/profile/protection.ts';
import type { OpenedBackup } from '../../platform/profile/restoring.ts';
import type { Proof } from '../../platform/browser/unlock.ts';
import type { Parts } from '../parts.ts';
import { Arrival } from './arrival.svelte.ts';
import { Desk } from './desk.svelte.ts';

/**
 * `choosing`: who are you? `naming`: a new profile. `elsewhere`: another tab has it. `locked`: it wants its passphrase.
 * `missing`: the browser has deleted a profile. `restoring`: a backup becomes a profile. `stopped`: its storage does not
 * answer. `ready`: signed in.
 */
type Stage =
  'starting' | 'choosing' | 'naming' | 'elsewhere' | 'locked' | 'missing' | 'restoring' | 'stopped' | 'ready';

/** Who this tab is, and what it was opened for. */
export class Tab {
  readonly parts: Parts;
  #stage = $state<Stage>('starting');
  #trouble = $state.raw<Sentence>();
  #entries = $state.raw<ProfileEntry[]>([]);
  #desk = $state.raw<Desk>();
  #arrival = $state.raw<Arrival>();
  #profile: OpenProfile | undefined;
  #stopWatching: (() => void) | undefined;
  #recovered = $state(false);
  /** The profile that another tab has, or that is locked, or that did not open. */
  #wanted = $state<string>();
  /** Profiles that this browser has deleted. */
  #missing: readonly string[] = [];

  constructor(parts: Parts) {
    this.parts = parts;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Why the profile of this tab, or any, could not be opened, in a sentence. */
  get trouble(): Sentence | undefined {
    return this.#trouble;
  }

  /** The profiles of this browser, as of the last look. */
  get entries(): readonly ProfileEntry[] {
    return this.#entries;
  }

  /** The signed-in person's desk. */
  get desk(): Desk | undefined {
    return this.#desk;
  }

  /** The invite that was opened and is not yet answered. */
  get arrival(): Arrival | undefined {
    return this.#arrival;
  }

  /** Whether there is something to go back to from a new profile. */
  get mayGoBack(): boolean {
    return this.#desk !== undefined || this.#entries.length > 0;
  }

  /**
   * Finds out who this tab is: the one it was; else the only one free; else it asks. Before that it says so if the browser has
   * deleted a profile, as nobody should meet a welcome in its place.
   */
  async start(): Promise<void> {
    const { profiles } = this.parts;
    const remembered = profiles.remembered();
    try {
      this.#entries = await profiles.list();
    } catch (error) {
      this.#trouble = sentenceOf(error);
      this.#stage = 'stopped';
      return;
    }
    this.#missing = profiles.missing(this.#entries);
    if (this.#missing.length > 0) {
      this.#stage = 'missing';
      return;
    }
    const known = this.#entries.find((entry) => entry.id === remembered);
    const free = this.#entries.filter((entry) => !entry.held);
    const mine = known ?? (free.length === 1 ? free[0] : undefined);
    if (mine === undefined) {
      this.#stage = this.#entries.length === 0 ? 'naming' : 'choosing';
      return;
    }
    try {
      await this.choose(mine.id);
    } catch (error) {
      // One profile that cannot be opened must not keep the others closed.
      this.#trouble = sentenceOf(error);
      this.#stage = 'choosing';
    }
  }

  /** How many profiles the browser has deleted. */
  get missing(): number {
    return this.#missing.length;
  }

  /** The person knows of the profiles that were deleted. */
  async acknowledge(): Promise<void> {
    this.parts.profiles.forget(this.#missing);
    await this.start();
  }

  /** Signs in, unless another tab has this profile. */
  async choose(id: string): Promise<void> {
    this.#wanted = id;
    const profile = await this.parts.profiles.open(id);
    if (profile === 'held') this.#leave(id, 'elsewhere');
    else if (profile === 'locked') this.#leave(id, 'locked');
    else await this.#adopt(profile);
  }

  /** Takes the profile over from the other tab. */
  async take(): Promise<void> {
    if (this.#wanted === undefined) return;
    const profile = await this.parts.profiles.take(this.#wanted);
    if (profile === 'locked') this.#leave(this.#wanted, 'locked');
    else await this.#adopt(profile);
  }

  /** Signs out, and asks who this tab is. */
  async leave(): Promise<void> {
    this.parts.profiles.leave();
    await this.#profile?.close();
    this.#signOut();
    await this.ask();
  }

  /** Takes another name. Throws a ChatError. */
  async rename(name: string): Promise<void> {
    await this.#profile?.rename(name);
  }

  /** Erases the profile of this tab, or the one that is locked or did not open. Throws a ChatError. */
  async erase(): Promise<void> {
    const id = this.#profile?.id ?? this.#wanted;
    if (id === undefined) return;
    await this.#profile?.close();
    await this.parts.profiles.erase(id);
    this.#signOut();
    this.#trouble = undefined;
    this.#entries = await this.parts.profiles.list();
    this.#stage = this.#entries.length === 0 ? 'naming' : 'choosing';
  }

  /** Whether there is a profile that can be erased without opening it. */
  get mayEraseUnopened(): boolean {
    return this.#desk === undefined && this.#wanted !== undefined;
  }

  /** Opens the locked profile. Throws a ChatError. */
  async unlock(proof: Proof): Promise<void> {
    if (this.#wanted === undefined) return;
    const profile = await this.parts.profiles.unlock(this.#wanted, proof);
    this.#recovered = 'recoveryCode' in proof;
    await this.#adopt(profile);
  }

  /** Whether the profile was opened by its recovery code, and a new passphrase may be wanted. */
  get recovered(): boolean {
    return this.#recovered;
  }

  /** No new passphrase is wanted any more. */
  settleRecovery(): void {
    this.#recovered = false;
  }

  /** The ways into the locked profile. Throws a ChatError. */
  async ways(): Promise<readonly WayIn['kind'][]> {
    return this.#wanted === undefined ? [] : this.parts.profiles.ways(this.#wanted);
  }

  /** Closes the profile until its passphrase is given again. */
  async lock(): Promise<void> {
    const profile = this.#profile;
    if (profile === undefined) return;
    const { id } = profile;
    const name = profile.chat.name;
    this.#entries = [...this.#entries.filter((entry) => entry.id !== id), { id, name, held: false }];
    this.#leave(id, 'locked');
    await profile.close();
  }

  /** The name on the locked profile. */
  get lockedName(): string | undefined {
    return this.#entries.find((entry) => entry.id === this.#wanted)?.name;
  }

  /** Asks who this tab is. */
  async ask(): Promise<void> {
    this.#wanted = undefined;
    this.#entries = await this.parts.profiles.list();
    this.#stage = 'choosing';
  }

  /** Begins a new profile; nobody is signed out before it exists. */
  async beginNew(): Promise<void> {
    this.#stage = 'naming';
    await this.#arrival?.check(undefined);
  }

  /** Begins to make a profile of a backup; nobody is signed out before it exists. */
  beginRestore(): void {
    this.#stage = 'restoring';
  }

  /** Makes a profile of a backup and signs in. Throws a ChatError. */
  async restore(backup: OpenedBackup, onprogress: (progress: Progress) => void): Promise<void> {
    const profile = await this.parts.profiles.restore(backup, this.#desk?.chat.fingerprint, onprogress);
    this.#recovered = backup.summary.isProtected;
    await this.#adopt(profile);
  }

  /** Leaves the new profile unmade. */
  async goBack(): Promise<void> {
    if (this.#desk === undefined && this.#entries.length === 0) {
      this.#stage = 'naming';
      return;
    }
    if (this.#desk === undefined) return this.ask();
    this.#stage = 'ready';
    await this.#arrival?.check(this.#desk.chat.fingerprint);
  }

  /** Makes a profile and signs in. Throws a ChatError. */
  async create(name: string, beginning: Beginning): Promise<void> {
    await this.#adopt(await this.parts.profiles.create(name, beginning));
  }

  /** Opens an invite link. */
  async follow(link: string): Promise<void> {
    this.#arrival = new Arrival(this.parts, link, this.#desk?.chat.fingerprint);
    this.#skipIfKnown();
    if (this.#stage === 'elsewhere') await this.ask();
  }

  /** Puts the invite aside. */
  dismissArrival(): void {
    this.#arrival = undefined;
  }

  /**
   * Answers the invite, as a new profile of this name or as the person signed in, and opens the conversation.
   * Throws a ChatError.
   */
  async join(name: string | undefined, beginning: Beginning = {}): Promise<void> {
    const { invite, inviter, name: inviterName } = this.#arrival ?? {};
    if (invite === undefined || inviter === undefined) return;
    if (name === undefined) {
      await this.#desk?.chat.join(invite, inviterName);
      this.#arrival = undefined;
      this.#desk?.open(inviter);
    } else {
      const profile = await this.parts.profiles.create(name, { ...beginning, invite, inviterName });
      this.#arrival = undefined;
      const adopted = this.#adopt(profile);
      this.#desk?.open(inviter);
      await adopted;
    }
  }

  /** Signs in at once, then sees to what was there before. */
  async #adopt(profile: OpenProfile): Promise<void> {
    const former = this.#profile;
    this.#profile = profile;
    this.#desk = new Desk(profile);
    this.#wanted = undefined;
    this.#stopWatching?.();
    this.#stopWatching = profile.autoLock.watch(() => profile.protection.isProtected && void this.lock());
    this.#stage = 'ready';
    void profile.lost.then((reason) => {
      if (this.#profile !== profile) return;
      if (reason === 'taken') return this.#leave(profile.id, 'elsewhere');
      this.#signOut();
      return this.start();
    });
    this.#skipIfKnown();
    await former?.close();
    await this.#arrival?.check(profile.chat.fingerprint);
  }

  #leave(id: string, stage: 'elsewhere' | 'locked'): void {
    this.#signOut();
    this.#wanted = id;
    this.#stage = stage;
  }

  #signOut(): void {
    this.#wanted = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#recovered = false;
    this.#profile = undefined;
    this.#desk = undefined;
  }

  /** An invite from someone already in contact opens the conversation and spends nothing. */
  #skipIfKnown(): void {
    const inviter = this.#arrival?.inviter;
    if (this.#stage !== 'ready' || inviter === undefined || !this.#desk?.knows(inviter)) return;
    this.#desk.open(inviter);
    if (this.#arrival?.invite) this.#desk.chat.callAgain(this.#arrival.invite);
    this.#arrival = undefined;
  }
}
