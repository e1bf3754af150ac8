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
