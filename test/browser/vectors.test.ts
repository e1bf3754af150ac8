/** What holds of every vector in Node holds in a browser, whose cryptography is another's work. */
import { frozen } from '../vectors/frozen.ts';
import { independent } from '../vectors/independent.ts';
import { nativeMlKem } from '../vectors/native-ml-kem.ts';
import { expectKept } from './run-in-page.ts';
import { test } from './test.ts';

for (const [what, which, promises] of [
  ['agrees with vectors that others made', 'independent', independent.length],
  ['agrees with vectors that we made once', 'frozen', frozen.length],
  ['has an ML-KEM of its own, and ours gives the same bytes', 'nativeMlKem', nativeMlKem.length],
] as const) {
  test(`the browser ${what}`, async ({ stage }) => {
    await expectKept(stage, 'vectors.ts', which, promises);
  });
}
