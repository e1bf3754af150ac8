/** Runs the contracts of the browser's adapters inside a page, on its real IndexedDB and WebRTC. */
import { openIdbStore } from '../../../app/platform/browser/idb-store.ts';
import { openPeerLink } from '../../../app/platform/webrtc/peer-link.ts';
import { descriptionContract } from '../../contracts/descriptions.ts';
import { linkContract } from '../../contracts/link.ts';
import { run } from '../../contracts/run.ts';
import { storeContract } from '../../contracts/store.ts';

let stores = 0;

/** Stores of their own for each promise; within it, one name is one database. */
function freshStores() {
  const place = stores++;
  return (name: string) => openIdbStore(`contract-${place}-${name}`, 'own');
}

Object.assign(window, {
  promises: {
    store: () => run(storeContract, freshStores),
    link: () => run(linkContract, () => openPeerLink),
    description: () => run(descriptionContract, () => openPeerLink),
  },
});
