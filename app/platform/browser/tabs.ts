/** Which tab has a profile: one at a time, by Web Locks. A tab that wants it asks; one that does not answer loses it. */

/** How long the holder may take to write down what it is doing and let go. */
const LET_GO_TIMEOUT = 3_000;
const CHANNEL = 'sotto-tabs';

export interface TabLock {
  /** Another tab has asked for the profile: close it, then `release`. Or, after the timeout, has taken it. */
  readonly wanted: Promise<void>;
  release(): void;
}

function lockName(profile: string): string {
  return `sotto/${profile}`;
}

/** The profiles that some tab has. */
export async function heldProfiles(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name }) => name ?? '').map((name) => name.slice(lockName('').length)));
}

/** @returns `undefined` if another tab has it. */
export function holdProfile(profile: string): Promise<TabLock | undefined> {
  return request(profile, { ifAvailable: true });
}

/** Takes a profile from the tab that has it, within LET_GO_TIMEOUT. */
export async function takeProfile(profile: string): Promise<TabLock> {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(profile);
  channel.close();
  const given = await request(profile, { signal: AbortSignal.timeout(LET_GO_TIMEOUT) }).catch(() => undefined);
  const lock = given ?? (await request(profile, { steal: true }));
  if (!lock) throw new Error('a stolen lock was not granted');
  return lock;
}

function request(profile: string, options: LockOptions): Promise<TabLock | undefined> {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL);
    let want: () => void = () => undefined;
    const wanted = new Promise<void>((done) => (want = done));
    navigator.locks
      .request(lockName(profile), options, (lock) => {
        if (!lock) return resolve(undefined);
        channel.addEventListener('message', ({ data }) => data === profile && want());
        return new Promise<void>((release) => resolve({ wanted, release }));
      })
      // Rejects when nobody let go in time, or when the lock is stolen from us later.
      .catch((error: unknown) => {
        want();
        reject(error instanceof Error ? error : new Error('lock refused'));
      })
      .finally(() => channel.close());
  });
}
