/** Two people on hosts of their own, with the server on a third: for what a network does to them. */
import type { Page } from 'playwright-core';
import { createInvite, expectConnection, expectConversation, expectState, join, messages, start } from './journey.ts';
import type { Host, Network } from './network.ts';
import { judge } from './records.ts';
import type { Server } from './server.ts';
import type { Stage } from './stage.ts';

export interface Apart {
  readonly network: Network;
  readonly server: Server;
  readonly hosts: { readonly server: Host; readonly ann: Host; readonly bob: Host };
  readonly ann: Page;
  readonly bob: Page;
}

/** A server on a host of a network. */
export async function serverOn(stage: Stage, host: Host, environment: Record<string, string> = {}): Promise<Server> {
  const url = `http://${host.address}:8787`;
  return stage.server({ HOST: host.address, PORT: '8787', PUBLIC_URL: url, ...environment }, host);
}

/** Ann and Bob meet across a network, and are connected directly. @param script - runs in every page before its own */
export async function meetApart(stage: Stage, script: () => void = () => undefined): Promise<Apart> {
  const network = stage.network();
  const hosts = { server: network.host(), ann: network.host(), bob: network.host() };
  const server = await serverOn(stage, hosts.server);
  const [anns, bobs] = [
    await stage.browser(undefined, { host: hosts.ann }),
    await stage.browser(undefined, { host: hosts.bob }),
  ];
  await Promise.all([anns, bobs].map((browser) => browser.addInitScript(script)));
  const ann = await stage.page(anns, server.url);
  await start(ann, 'Ann');
  const bob = await bobs.newPage();
  await join(bob, await createInvite(ann), 'Bob');
  await expectConversation(ann, 'Bob');
  await expectConnection(ann, 'Connected directly');
  await expectConnection(bob, 'Connected directly');
  // A socket that was cut off is no fault of the page.
  stage.expectProblem(/WebSocket connection to .* failed|net::ERR_/);
  return { network, server, hosts, ann, bob };
}

/** Waits until a message is on the screen, however long the network takes for it. */
export async function expectArrived(page: Page, text: string, timeout: number): Promise<void> {
  await messages(page, text).waitFor({ timeout });
}

/** Waits until a message has arrived, and until its sender knows. */
export async function expectArrival(from: Page, to: Page, text: string, timeout: number): Promise<void> {
  await expectArrived(to, text, timeout);
  await expectState(from, text, 'Delivered', timeout);
}

/** Judges both browsers' records by the oracle, once all that both wrote has arrived. */
export async function judgeAll(ann: Page, bob: Page, anns: readonly string[], bobs: readonly string[]): Promise<void> {
  await judge(ann, bob, [anns, bobs]);
}
