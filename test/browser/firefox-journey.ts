/** The little of `journey.ts` that is done and seen in Firefox, by the same roles and accessible names. */
import type { Page } from 'puppeteer-core';
import { DELIVERED } from '../parts/delivered.ts';
import type { Device } from '../parts/people.ts';
import { deviceIn, dump } from './records.ts';

const at = (role: string, name: string) => `aria/${name}[role="${role}"]`;

/** Opens an invite link and joins by it. */
export async function joinInFirefox(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.locator(at('textbox', 'Your name')).fill(name);
  await page.locator(at('button', 'Join')).click();
}

/** Waits until the open conversation says how it is connected. */
export async function expectConnectionInFirefox(page: Page, text: string): Promise<void> {
  const isSo = (words: string) =>
    document.querySelector('[role="status"][aria-label="Connection"]')?.textContent.trim() === words;
  await page.waitForFunction(isSo, {}, text);
}

/** Writes messages in the open conversation and sends them, one after the other, within the page: each step costs a round trip. */
export async function sendInFirefox(page: Page, ...texts: string[]): Promise<void> {
  const [box, button] = [
    await page.waitForSelector(at('textbox', 'Message')),
    await page.waitForSelector(at('button', 'Send')),
  ];
  const write = async (field: Element, submit: Element, words: readonly string[]) => {
    const area = field as HTMLTextAreaElement;
    for (const text of words) {
      area.value = text;
      area.dispatchEvent(new InputEvent('input', { bubbles: true }));
      (submit as HTMLButtonElement).click();
      while (area.value !== '') await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await page.evaluate(write, box!, button!, texts);
}

/** Waits until a message is on the screen; if it is one's own, in one of these states. */
async function expectMessage(page: Page, text: string, timeout: number, states: readonly string[]): Promise<void> {
  const isThere = (words: string, wanted: readonly string[]) =>
    [...document.querySelectorAll('[role="log"] article')].some((article) => {
      const note = article.querySelector('[role="note"][aria-label="State"]')?.textContent.trim() ?? '';
      return article.textContent.includes(words) && (wanted.length === 0 || wanted.includes(note));
    });
  await page.waitForFunction(isThere, { timeout }, text, states);
}

/** Waits until a message is on the screen. */
export function expectArrivedInFirefox(page: Page, text: string, timeout: number): Promise<void> {
  return expectMessage(page, text, timeout, []);
}

/** Waits until one's own message is Delivered. */
export function expectDeliveredInFirefox(page: Page, text: string, timeout: number): Promise<void> {
  return expectMessage(page, text, timeout, DELIVERED);
}

/** What the profile that is open in a page has on its disk now. */
export async function deviceInFirefox(page: Page): Promise<Device> {
  const profile = await page.evaluate(() => sessionStorage.getItem('sotto-profile'));
  return deviceIn(await page.evaluate(dump, `sotto-${profile}`));
}
