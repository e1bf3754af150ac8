/** One browser for the people of many tests, each with a window of their own that stores nothing in common with others. */
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import type { ReadyKey } from '../parts/ready-keys.ts';
import { launchOptions } from './chromium.ts';

type Algorithm = AlgorithmIdentifier | RsaHashedKeyGenParams;
type ReadyWindow = typeof window & { readyKey: () => Promise<ReadyKey | undefined> };

/**
 * Gives the page keys that were made beforehand, where it asks for new ones of the usual kind. Runs before any script of the
 * page.
 */
function drawInPage(): void {
  // Only a page that may encrypt has it.
  if (!isSecureContext) return;
  const subtle = SubtleCrypto.prototype as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const { generateKey, importKey } = subtle;
  const bytes = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  subtle.generateKey = async function (this: SubtleCrypto, ...args) {
    const [algorithm, extractable, usages] = args as [Algorithm, boolean, KeyUsage[]];
    const isUsual =
      typeof algorithm !== 'string' &&
      'modulusLength' in algorithm &&
      algorithm.modulusLength === 3072 &&
      algorithm.publicExponent.join() === '1,0,1';
    const ready = isUsual ? await (window as ReadyWindow).readyKey() : undefined;
    if (!ready) return generateKey!.apply(this, args);
    const of = (...uses: KeyUsage[]) => usages.filter((usage) => uses.includes(usage));
    const [privateKey, publicKey] = await Promise.all([
      importKey!.call(this, 'pkcs8', bytes(ready.pkcs8), algorithm, extractable, of('sign', 'decrypt')),
      importKey!.call(this, 'spki', bytes(ready.spki), algorithm, true, of('verify', 'encrypt')),
    ]);
    return { privateKey, publicKey };
  };
}

export class SharedBrowser {
  #browser: Browser | undefined;

  /** Opens somebody's window. @param ready - the keys that pages of this test may still draw */
  async open(ready: ReadyKey[]): Promise<BrowserContext> {
    if (!this.#browser?.isConnected()) this.#browser = await chromium.launch(launchOptions());
    const context = await this.#browser.newContext({ viewport: { width: 1024, height: 720 } });
    await context.exposeFunction('readyKey', () => ready.pop());
    await context.addInitScript(drawInPage);
    return context;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}
