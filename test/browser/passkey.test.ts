/** Passkeys give the same secret to the same salt, to whom their device has verified; else one sentence says why not. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { askPasskey, createPasskey } from '../../app/platform/browser/passkey.ts';
import { Authenticator } from './authenticator.ts';
import { bundle } from './bundle.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

interface InPage {
  passkeys: { createPasskey: typeof createPasskey; askPasskey: typeof askPasskey };
}

/** Bytes as numbers, which pass between test and page. */
interface Answer {
  readonly credential: number[];
  readonly salt: number[];
  readonly secret: number[];
}
type Question = Pick<Answer, 'credential' | 'salt'>;

/** A page of the server's origin that has our passkeys, without the app. */
async function pageWithPasskeys(stage: Stage, host = 'localhost'): Promise<Page> {
  const server = await stage.server();
  const page = await (await stage.person()).newPage();
  const body = '<title>Passkeys</title><link rel="icon" href="data:,">';
  await page.route('**/passkeys', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`http://${host}:${server.port}/passkeys`);
  await page.addScriptTag({ content: await bundle('test/browser/page/passkeys.ts') });
  return page;
}

/** @returns what a new passkey answers. */
function create(page: Page, ...others: Question[]): Promise<Answer> {
  return page.evaluate(async (known) => {
    const { passkeys } = window as unknown as InPage;
    const { passkey, secret } = await passkeys.createPasskey(
      known.map(({ credential, salt }) => ({ credential: Uint8Array.from(credential), salt: Uint8Array.from(salt) })),
    );
    return { credential: [...passkey.credential], salt: [...passkey.salt], secret: [...secret] };
  }, others);
}

/** @returns what one of these passkeys answers. */
function ask(page: Page, ...questions: Question[]): Promise<Answer> {
  return page.evaluate(async (asked) => {
    const { passkeys } = window as unknown as InPage;
    const { passkey, secret } = await passkeys.askPasskey(
      asked.map(({ credential, salt }) => ({ credential: Uint8Array.from(credential), salt: Uint8Array.from(salt) })),
    );
    return { credential: [...passkey.credential], salt: [...passkey.salt], secret: [...secret] };
  }, questions);
}

for (const secrets of ['at once', 'afterwards'] as const) {
  test(`a passkey that gives secrets ${secrets} gives its first again to the same salt alone`, async ({ stage }) => {
    const page = await pageWithPasskeys(stage);
    await Authenticator.plugIn(page, { secrets });
    const made = await create(page);
    expect([made.salt.length, made.secret.length]).toEqual([32, 32]);
    expect(await ask(page, made)).toEqual(made);
    const other = await ask(page, { ...made, salt: made.salt.map((byte) => byte ^ 1) });
    expect(other.secret).not.toEqual(made.secret);
  });
}

test('the device is told no name, and one profile’s passkey never takes the place of another’s', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const device = await Authenticator.plugIn(page);
  const answers = [await create(page), await create(page)];
  const kept = await device.passkeys();
  expect(kept).toHaveLength(2);
  expect(kept[0]!.userHandle).not.toBe(kept[1]!.userHandle);
  for (const { userName, userDisplayName, rpId } of kept) {
    expect(userName).toMatch(/^Sotto profile of \d{4}-\d\d-\d\d$/);
    expect([userDisplayName, rpId]).toEqual([userName, 'localhost']);
  }
  for (const answer of answers) expect(await ask(page, answer)).toEqual(answer);
});

test('of several passkeys, the one at hand answers, to its own salt', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const lost = await Authenticator.plugIn(page);
  const first = await create(page);
  await lost.unplug();
  await Authenticator.plugIn(page);
  const second = await create(page, first);
  expect(await ask(page, first, second)).toEqual(second);
});

test('a device that has a passkey of the profile makes no second one', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const device = await Authenticator.plugIn(page);
  const made = await create(page);
  await expect(create(page, made)).rejects.toThrow('ChatError: That device holds a passkey of this profile already.');
  expect(await device.passkeys()).toHaveLength(1);
  expect(await ask(page, made)).toEqual(made);
});

test('a passkey without secrets is refused, and its device told to remove it', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const device = await Authenticator.plugIn(page, { secrets: 'never' });
  await expect(create(page)).rejects.toThrow('ChatError: This passkey cannot keep a secret for Sotto.');
  await expect.poll(() => device.removed.length).toBe(1);
  expect(await device.passkeys()).toEqual([]);
});

test('a passkey gives nothing to somebody it does not know, or cannot tell', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const device = await Authenticator.plugIn(page);
  const made = await create(page);
  await device.recognize(false);
  await expect(ask(page, made)).rejects.toThrow('ChatError: The passkey was not used:');
  await expect(create(page)).rejects.toThrow('ChatError: The passkey was not used:');
  await device.unplug();
  await Authenticator.plugIn(page, { hasUserVerification: false });
  await expect(create(page)).rejects.toThrow('ChatError: ');
});

/** A browser that lets an answer pass although nobody was verified; Chromium does not. */
function verifyNobody(): void {
  const { credentials } = navigator;
  const get = credentials.get.bind(credentials);
  credentials.get = async (options) => {
    const credential = (await get(options)) as PublicKeyCredential;
    const { authenticatorData } = credential.response as AuthenticatorAssertionResponse;
    new Uint8Array(authenticatorData)[32]! &= ~0x04;
    return credential;
  };
}

test('a secret for which nobody was verified is not taken', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const device = await Authenticator.plugIn(page, { secrets: 'afterwards' });
  const made = await create(page);
  await page.evaluate(verifyNobody);
  await expect(ask(page, made)).rejects.toThrow('ChatError: This passkey cannot keep a secret for Sotto.');
  await expect(create(page)).rejects.toThrow('ChatError: This passkey cannot keep a secret for Sotto.');
  await expect.poll(() => device.removed.length).toBe(1);
  expect(await device.passkeys()).toHaveLength(1);
});

test('a passkey that is on another device ends in one sentence', async ({ stage }) => {
  const page = await pageWithPasskeys(stage);
  const lost = await Authenticator.plugIn(page);
  const made = await create(page);
  await lost.unplug();
  await Authenticator.plugIn(page);
  await expect(ask(page, made)).rejects.toThrow('ChatError: The passkey was not used:');
});

test('an address of numbers has no passkeys, and says so', async ({ stage }) => {
  const page = await pageWithPasskeys(stage, '127.0.0.1');
  stage.expectProblem(/third party/);
  await Authenticator.plugIn(page);
  await expect(create(page)).rejects.toThrow('ChatError: Passkeys work only where Sotto’s address is a name,');
});
