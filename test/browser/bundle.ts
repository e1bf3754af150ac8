/** Scripts for pages that are not the app: core and adapters, put together for a test. */
import { build } from 'vite';

/** @param entry - from the root of the repository. @returns the page's script, as one file. */
export async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'page' } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = output && 'output' in output ? output.output[0] : undefined;
  if (!chunk) throw new Error('The page was not built.');
  return chunk.code;
}
