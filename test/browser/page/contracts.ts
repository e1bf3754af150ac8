/** Runs the contracts of the browser's adapters inside a page, on its real IndexedDB and WebRTC. */
import { openIdbStore } from '../../../app/platform/browser/idb-store.ts';
import { openPeerLink } from '../../../app/platform/webrtc/peer-link.ts';
import type { Promised } from '../../contracts/check.ts';
import { linkContract } from '../../contracts/link.ts';
import { storeContract } from '../../contracts/store.ts';

/** Each promise, and why it was broken, if it was. */
async function run<Adapter>(contract: readonly Promised<Adapter>[], adapter: () => Adapter): Promise<string[]> {
  const results: string[] = [];
  for (const { promise, holds } of contract) {
    const broken = await holds(adapter()).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    results.push(broken === undefined ? `kept: ${promise}` : `BROKEN: ${promise}: ${broken}`);
  }
  return results;
}

let stores = 0;

/** Stores of their own for each promise; within it, one name is one database. */
function freshStores() {
  const place = stores++;
  return (name: string) => openIdbStore(`contract-${place}-${name}`, 'own');
}

Object.assign(window, {
  contracts: {
    store: () => run(storeContract, freshStores),
    link: () => run(linkContract, () => openPeerLink),
  },
});
