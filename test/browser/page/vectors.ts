/** Checks the vectors inside a page, with the browser's own cryptography. */
import { run } from '../../contracts/run.ts';
import { frozen } from '../../vectors/frozen.ts';
import { independent } from '../../vectors/independent.ts';
import { nativeMlKem } from '../../vectors/native-ml-kem.ts';

Object.assign(window, {
  promises: {
    frozen: () => run(frozen, () => undefined),
    independent: () => run(independent, () => undefined),
    nativeMlKem: () => run(nativeMlKem, () => undefined),
  },
});
