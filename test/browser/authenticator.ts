/** A device for passkeys, made by Chromium: the whole of WebAuthn runs, but for finger and screen. */
import type { CDPSession, Page } from 'playwright-core';

interface Abilities {
  /** When its passkeys give secrets: from their making on, or only afterwards, as most security keys do. */
  readonly secrets?: 'at once' | 'afterwards' | 'never';
  /** Whether it can tell who holds it, by finger or PIN. */
  readonly hasUserVerification?: boolean;
}

export class Authenticator {
  readonly #session: CDPSession;
  readonly #id: string;
  /** The ids of passkeys that the page has told it to remove. */
  readonly removed: string[] = [];

  private constructor(session: CDPSession, id: string) {
    this.#session = session;
    this.#id = id;
    session.on('WebAuthn.credentialDeleted', ({ credentialId }) => this.removed.push(credentialId));
  }

  /** Plugs a device into a page; it confirms whatever it is asked, in no time. */
  static async plugIn(page: Page, abilities: Abilities = {}): Promise<Authenticator> {
    const { secrets = 'at once', hasUserVerification = true } = abilities;
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification,
        isUserVerified: hasUserVerification,
        hasPrf: secrets === 'at once',
        hasHmacSecret: secrets === 'afterwards',
        automaticPresenceSimulation: true,
      },
    });
    return new Authenticator(session, authenticatorId);
  }

  /** Takes the device away, and its passkeys with it. */
  async unplug(): Promise<void> {
    await this.#session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.#id });
  }

  /** From now on, does it verify the person who holds it? */
  async recognize(isUserVerified: boolean): Promise<void> {
    await this.#session.send('WebAuthn.setUserVerified', { authenticatorId: this.#id, isUserVerified });
  }

  /** What it keeps of each passkey. */
  async passkeys() {
    const { credentials } = await this.#session.send('WebAuthn.getCredentials', { authenticatorId: this.#id });
    return credentials;
  }
}
