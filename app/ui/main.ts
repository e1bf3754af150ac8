/** Puts the parts together and shows the page. */
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { takeInviteLink } from './address.ts';
import type { Parts } from './parts.ts';
import { missing } from './support.ts';

async function loadParts(): Promise<Parts> {
  const [{ Profiles }, storage, access, preview] = await Promise.all([
    import('../platform/browser/profiles.ts'),
    import('../platform/browser/keeping.ts'),
    import('../platform/browser/server-access.ts'),
    import('../core/chat/preview.ts'),
  ]);
  return {
    // WebRTC is the largest part, and nobody needs it before there is a profile.
    profiles: new Profiles(async () => (await import('../platform/webrtc/peer-link.ts')).openPeerLink),
    // Few people bring a key.
    readKeyFile: async (file) => (await import('../platform/browser/key-file.ts')).readKeyFile(file),
    // So do few people lose a device.
    openBackup: async (code, file) => {
      const [{ openBackup }, { chosenFile }] = await Promise.all([
        import('../platform/profile/restoring.ts'),
        import('../platform/browser/backup-file.ts'),
      ]);
      return openBackup(code, file ? { file: chosenFile(file) } : { origin: location.origin });
    },
    readInvite: (link) => preview.parseInviteLink(link),
    inviterOf: preview.inviterOf,
    previewInvite: (invite, me) => preview.previewInvite(invite, Date.now(), me),
    storage,
    serverAccess: access.serverAccess,
    checkToken: access.checkToken,
  };
}

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
// The secret leaves the address before anything is awaited.
const link = takeInviteLink();
mount(App, { target, props: { missing: missing(), loadParts, link } });
