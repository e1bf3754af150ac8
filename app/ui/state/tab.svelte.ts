import { sentenceOf } from '../../core/chat/trouble.ts';
import type { Beginning, OpenProfile, ProfileEntry } from '../../platform/browser/profiles.ts';
import type { Parts } from '../parts.ts';
import { Arrival } from './arrival.svelte.ts';
import { Desk } from './desk.svelte.ts';

/**
 * `choosing`: who are you? `naming`: a new profile. `elsewhere`: another tab has it. `locked`: it wants its passphrase.
 * `ready`: signed in.
 */
type Stage = 'starting' | 'choosing' | 'naming' | 'elsewhere' | 'locked' | 'ready';

/** Who this tab is, and what it was opened for. */
export class Tab {
  readonly parts: Parts;
  #stage = $state<Stage>('starting');
  #trouble = $state<string>();
  #entries = $state.raw<ProfileEntry[]>([]);
  #desk = $state.raw<Desk>();
  #arrival = $state.raw<Arrival>();
  #profile: OpenProfile | undefined;
  #isProtected = $state(false);
  /** The profile that another tab has, or that is locked. */
  #wanted: string | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Why the profile of this tab could not be opened, in a sentence. */
  get trouble(): string | undefined {
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

  /** Finds out who this tab is: the one it was; else the only one free; else it asks. */
  async start(): Promise<void> {
    const remembered = this.parts.profiles.remembered();
    this.#entries = await this.parts.profiles.list();
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

  /** Signs in, unless another tab has this profile. */
  async choose(id: string): Promise<void> {
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

  /** Opens the locked profile. Throws a ChatError. */
  async unlock(passphrase: string): Promise<void> {
    if (this.#wanted !== undefined) await this.#adopt(await this.parts.profiles.unlock(this.#wanted, passphrase));
  }

  /** Closes the profile until its passphrase is given again. */
  async lock(): Promise<void> {
    const profile = this.#profile;
    if (profile === undefined) return;
    this.#leave(profile.id, 'locked');
    await profile.close();
  }

  /** Whether the profile of this tab can be locked. */
  get mayLock(): boolean {
    return this.#isProtected;
  }

  /** The name on the locked profile. */
  get lockedName(): string | undefined {
    return this.#entries.find((entry) => entry.id === this.#wanted)?.name;
  }

  /** Asks who this tab is. */
  async ask(): Promise<void> {
    this.#entries = await this.parts.profiles.list();
    this.#stage = 'choosing';
  }

  /** Begins a new profile; nobody is signed out before it exists. */
  async beginNew(): Promise<void> {
    this.#stage = 'naming';
    await this.#arrival?.check(undefined);
  }

  /** Leaves the new profile unmade. */
  async goBack(): Promise<void> {
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
    this.#isProtected = profile.isProtected;
    this.#desk = new Desk(profile.chat);
    this.#stage = 'ready';
    void profile.lost.then(() => {
      if (this.#profile === profile) this.#leave(profile.id, 'elsewhere');
    });
    this.#skipIfKnown();
    await former?.close();
    await this.#arrival?.check(profile.chat.fingerprint);
  }

  #leave(id: string, stage: 'elsewhere' | 'locked'): void {
    this.#wanted = id;
    this.#profile = undefined;
    this.#desk = undefined;
    this.#stage = stage;
  }

  /** An invite from someone already in contact opens the conversation and spends nothing. */
  #skipIfKnown(): void {
    const inviter = this.#arrival?.inviter;
    if (this.#stage !== 'ready' || inviter === undefined || !this.#desk?.knows(inviter)) return;
    this.#desk.open(inviter);
    this.#arrival = undefined;
  }
}
