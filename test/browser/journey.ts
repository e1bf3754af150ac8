/** What people do and see, by the roles and accessible names that the product promises. */
import type { Locator, Page } from 'playwright-core';
import { DELIVERED } from '../parts/delivered.ts';
import type { Server } from './server.ts';
import { STEP_DEADLINE, type Stage } from './stage.ts';

/** What is on a page, or in a part of it, by its role and exact name. */
export const button = (where: Page | Locator, name: string) => where.getByRole('button', { name, exact: true });
export const textbox = (where: Page | Locator, name: string) => where.getByRole('textbox', { name, exact: true });
export const press = (where: Page | Locator, name: string) => button(where, name).click();

/** Turns a switch on or off, and waits until that is kept. */
export async function turn(choice: Locator, on: boolean): Promise<void> {
  await choice.setChecked(on);
  await expectBusy(choice, false);
}

/** Waits until a switch is being kept, or is not any more. */
export async function expectBusy(choice: Locator, isBusy: boolean): Promise<void> {
  await choice.and(choice.page().locator(`[aria-busy="${isBusy}"]`)).waitFor();
}

/** On a first visit: gives a name and goes in. */
export async function start(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your name', exact: true }).fill(name);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expectHome(page);
}

/** Waits until the list of conversations is there. */
export async function expectHome(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Conversations', exact: true }).waitFor({ state: 'attached' });
}

/** Waits for a sentence that tells of trouble. */
export async function expectAlert(page: Page, sentence: string | RegExp): Promise<void> {
  await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
}

/** Makes an invite and leaves its dialog open, waiting for the guest. @returns the link. */
export async function createInvite(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'New invite', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite', exact: true });
  const link = dialog.getByRole('textbox', { name: 'Invite link', exact: true });
  return link.inputValue();
}

/** Opens an invite link and joins; without a name, as the person who is signed in. */
export async function join(page: Page, link: string, name?: string): Promise<void> {
  await page.goto(link);
  if (name !== undefined) await page.getByRole('textbox', { name: 'Your name', exact: true }).fill(name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
}

/** A tab of somebody who has not been here before. */
export async function newcomer(stage: Stage, url: string): Promise<Page> {
  return stage.page(await stage.person(), url);
}

/**
 * Two people meet by an invite. @returns its maker and its guest, their conversation open.
 * @param open - how each of them comes to a browser
 */
export async function meet(
  stage: Stage,
  server: Server,
  maker = 'Ann',
  guest = 'Bob',
  open = () => stage.person(),
): Promise<[Page, Page]> {
  const host = await stage.page(await open(), server.url);
  await start(host, maker);
  const visitor = await (await open()).newPage();
  await join(visitor, await createInvite(host), guest);
  await expectConversation(visitor, maker);
  await expectConversation(host, guest);
  return [host, visitor];
}

/** Opens the conversation with a person from the list. */
export async function open(page: Page, name: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Conversations', exact: true })
    .getByRole('button', { name, exact: true })
    .click();
  await expectConversation(page, name);
}

/** Waits until the conversation with a person is on the screen. */
export async function expectConversation(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name, exact: true }).waitFor();
  await page.getByRole('log', { name: 'Messages', exact: true }).waitFor({ state: 'attached' });
}

/** Waits until the open conversation says how it is connected. */
export async function expectConnection(
  page: Page,
  text: 'Connected directly' | 'Connected through a relay' | 'Connecting' | 'Away',
): Promise<void> {
  const status = page.getByRole('status', { name: 'Connection', exact: true });
  await status.filter({ hasText: new RegExp(`^\\s*${text}\\s*$`) }).waitFor();
}

/** Writes a message in the open conversation and sends it. */
export async function send(page: Page, text: string): Promise<void> {
  const box = page.getByRole('textbox', { name: 'Message', exact: true });
  await box.fill(text);
  await box.press('Enter');
}

/** The articles of the open conversation whose message is just this text. */
export function messages(page: Page, text: string): Locator {
  const log = page.getByRole('log', { name: 'Messages', exact: true });
  return log.getByRole('article').filter({ has: page.getByText(text, { exact: true }) });
}

/** Waits until a message is on the screen. @throws if it is there twice. */
export async function expectMessage(page: Page, text: string): Promise<void> {
  await messages(page, text).waitFor();
}

/** Waits until one's own message is in a state: 'Waiting', 'Sent', 'Delivered' and so on. What was read was delivered. */
export async function expectState(page: Page, text: string, state: string, timeout = STEP_DEADLINE): Promise<void> {
  const states = state === 'Delivered' ? DELIVERED : [state];
  const note = messages(page, text).getByRole('note', { name: 'State', exact: true });
  await note.filter({ hasText: new RegExp(`^\\s*(${states.join('|')})\\s*$`) }).waitFor({ timeout });
}
