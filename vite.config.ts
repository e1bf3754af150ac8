/** How the app is built and served while it is worked on, and how everything is tested. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const devOrigin = 'http://localhost:5173';
const signalOrigin = 'http://localhost:8787';

/**
 * Runs the signal server beside `vite`: compiled on every change to `signal/`, restarted whenever what it runs has
 * changed, and ended together with Vite.
 */
function signalServer(): Plugin {
  const tsc = 'node_modules/typescript/bin/tsc';
  const children: ChildProcess[] = [];
  const stop = () => {
    for (const child of children.splice(0)) child.kill();
  };
  const run = (...args: string[]) => {
    const env = { ...process.env, PUBLIC_URL: devOrigin, PORT: new URL(signalOrigin).port };
    children.push(spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }));
  };
  return {
    name: 'sotto-signal-server',
    apply: 'serve',
    configureServer(server) {
      // Vitest makes a Vite server, too, but one that never listens.
      server.httpServer?.once('listening', () => {
        const compiled = spawnSync(process.execPath, [tsc, '-p', 'signal'], { cwd: root, stdio: 'inherit' });
        if (compiled.status !== 0) server.config.logger.warn('signal/ has type errors; its last build runs.');
        run(tsc, '-p', 'signal', '--watch', '--preserveWatchOutput');
        run('--watch', '--watch-preserve-output', 'dist/signal/main.js');
        process.once('exit', stop);
        process.once('SIGINT', () => process.exit(130));
      });
      server.httpServer?.once('close', stop);
    },
  };
}

export default defineConfig({
  root: 'app',
  // Relative addresses: the built page names no place of its own.
  base: './',
  cacheDir: '../node_modules/.vite',
  plugins: [svelte({ configFile: false }), signalServer()],
  worker: { format: 'es' },
  build: {
    outDir: '../dist/app',
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy is `script-src 'self'; style-src 'self'`: no data: scripts or styles, and no polyfill that
    // every browser able to run the app can do without.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // How long each plugin took is of no use to whoever starts a server.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  // Found beforehand, or the first visit would be reloaded as one part after another is met.
  optimizeDeps: { entries: ['index.html', 'ui/**/*.svelte', 'platform/**/*.ts'] },
  server: {
    port: 5173,
    strictPort: true,
    // The app imports `signal/wire`, which lies outside its root.
    fs: { allow: [root] },
    proxy: {
      '/signal': { target: signalOrigin, ws: true },
      '/keys': signalOrigin,
      '/invites': signalOrigin,
      '/health': signalOrigin,
      '/backups': signalOrigin,
    },
  },
  test: {
    root,
    projects: [
      {
        root,
        plugins: [svelte({ configFile: false })],
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/bench/**', 'test/mutants/**'],
          globalSetup: 'test/parts/before-all-files.ts',
          setupFiles: 'test/parts/before-each-file.ts',
          // Vitest would leave one core to others, which on two is half of them.
          maxWorkers: '100%',
          // No test is about how long it takes: this ends one that hangs, on a busy machine as well.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/browser/setup.ts',
          // Browsers are heavy: two files at a time, as one waits about half of its time, and not beside the unit tests.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          name: 'mutants',
          include: ['test/mutants/**/*.test.ts'],
          // Each mutant is a run of tests of its own, on every core there is beside this one.
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
