/**
 * Which profiles this browser has, written down a second time outside their databases: so that one which the browser has
 * deleted is missed, instead of nobody being known. Random ids only.
 */
const KNOWN = 'sotto-profiles';

/** The ids of the profiles that there should be. */
export function knownProfiles(): string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(KNOWN) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberProfile(id: string): void {
  write([...knownProfiles().filter((known) => known !== id), id]);
}

export function forgetProfiles(ids: readonly string[]): void {
  write(knownProfiles().filter((known) => !ids.includes(known)));
}

function write(ids: readonly string[]): void {
  try {
    localStorage.setItem(KNOWN, JSON.stringify(ids));
  } catch {
    // No room for it: a profile that is deleted will not be missed, and nothing else is lost.
  }
}
