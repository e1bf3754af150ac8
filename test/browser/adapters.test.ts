/** The browser's adapters keep the contracts of their ports, on real IndexedDB and real WebRTC. */
import { descriptionContract } from '../contracts/descriptions.ts';
import { linkContract } from '../contracts/link.ts';
import { storeContract } from '../contracts/store.ts';
import { expectKept } from './run-in-page.ts';
import { test } from './test.ts';

for (const [which, promises] of [
  ['store', storeContract.length],
  ['link', linkContract.length],
  ['description', descriptionContract.length],
] as const) {
  test(`the ${which} of the browser keeps its contract`, async ({ stage }) => {
    await expectKept(stage, 'contracts.ts', which, promises);
  });
}
