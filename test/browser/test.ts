import { afterAll, inject, test as base } from 'vitest';
import { SharedBrowser } from './shared-browser.ts';
import { Stage } from './stage.ts';

/** Of all tests of the file. */
const shared = new SharedBrowser();
afterAll(() => shared.close());

/** Vitest's `test` with a `stage` that is cleared afterwards. */
export const test = base.extend<{ stage: Stage }>({
  stage: async ({ task }, use) => {
    const stage = new Stage(shared, inject('readyKeys'));
    try {
      await use(stage);
      if (task.result?.state === 'fail') console.error(await stage.describe());
    } finally {
      await stage.close();
    }
    if (stage.problems.length > 0) throw new Error(`Pages complained:\n${stage.problems.join('\n')}`);
  },
});
