/** What this browser lacks, in a sentence that says what to do; or `undefined` when it has everything. */
export function missing(): string | undefined {
  if (!window.isSecureContext) {
    return 'Sotto needs a secure address. Open it at https:// or at http://localhost.';
  }
  if (!('RTCPeerConnection' in window)) {
    return 'This browser cannot connect people directly (WebRTC is missing or turned off). Use a current Firefox, Chrome, Edge or Safari.';
  }
  if (!hasIndexedDb()) {
    return 'This browser cannot keep your keys and conversations (IndexedDB is missing or turned off). Leave private browsing, or use a current Firefox, Chrome, Edge or Safari.';
  }
  if (!('locks' in navigator)) {
    return 'This browser cannot keep two tabs apart (Web Locks are missing). Use a current Firefox, Chrome, Edge or Safari.';
  }
  return undefined;
}

/** Reading `indexedDB` throws where storage is forbidden altogether. */
function hasIndexedDb(): boolean {
  try {
    return typeof indexedDB === 'object' && indexedDB !== null;
  } catch {
    return false;
  }
}
