/**
 * Takes an invite link out of the address bar, so that its secret stays there no longer than it must.
 *
 * @returns the whole link, or `undefined` when the address holds none
 */
export function takeInviteLink(): string | undefined {
  // The same as `INVITE_HASH` in core/chat/preview.ts, which would bring the core along: this runs before all else.
  if (!location.hash.startsWith('#/join/')) return undefined;
  const link = location.href;
  history.replaceState(null, '', location.pathname + location.search);
  return link;
}

/** Whether the host of this address is whichever machine it is opened on. */
export function onThisMachineOnly(link: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(link).hostname);
}
