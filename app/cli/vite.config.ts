/** How the terminal client becomes something that Node runs. What is compiled for a machine stays outside. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../../node_modules/.vite-cli',
  logLevel: 'warn',
  ssr: { noExternal: true, external: ['@roamhq/wrtc', 'better-sqlite3', 'ws'] },
  build: {
    ssr: 'main.ts',
    target: 'node20',
    outDir: '../../dist/cli',
    emptyOutDir: true,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
