/**
 * Handles: claiming one, looking others up, and remembering whose key each has led to. A handle leads to a fingerprint
 * and to nothing else; to talk, one needs an invite.
 */
import { toHex } from '../../../signal/wire/bytes.ts';
import { isHandle } from '../../../signal/wire/handle.ts';
import { HOUR } from '../../../signal/wire/time.ts';
import { ChatError, Refused, Unreachable } from '../base/errors.ts';
import type { Sentence } from '../base/sentence.ts';
import type { Contacts } from './contacts.ts';
import { MAX_HANDLE_KEYS, type HandleBook } from './handle-book.ts';
import type { Server } from './server.ts';
import { handleError, handleLost, handleMoved, HANDLE_FORGED, HANDLE_RULE, sentenceOf } from './trouble.ts';
import type { Verification } from './verification.ts';
import type { HandleView } from './views.ts';

/** Handles looked up again after a sign-in, and the pause before each, in milliseconds. */
const MAX_CHECKED = 16;
const CHECK_PAUSE = 1000;
/** For how long one such round is enough. */
const CHECK_INTERVAL = HOUR;

export interface HandlesParts {
  readonly book: HandleBook;
  readonly contacts: Contacts;
  readonly server: Pick<Server, 'claim' | 'release' | 'find'>;
  readonly verification: Pick<Verification, 'digitsWith'>;
  /** Our own fingerprint in hexadecimal. */
  readonly us: string;
  readonly now: () => number;
  /** Something to tell the person that belongs to no conversation. */
  readonly onnotice: (text: Sentence) => void;
  readonly onchange: () => void;
}

export class Handles {
  readonly #parts: HandlesParts;
  #nextCheck = 0;

  constructor(parts: HandlesParts) {
    this.#parts = parts;
  }

  /** The handle that we have claimed. */
  get own(): string | undefined {
    return this.#parts.book.own;
  }

  /** Claims a handle, in the place of the one we have. @throws ChatError */
  async claim(text: string): Promise<void> {
    const { book, server, us, onchange } = this.#parts;
    const handle = readHandle(text);
    await answered(server.claim(handle));
    const former = this.own;
    if (former !== undefined && former !== handle) await book.update(former, () => undefined);
    await this.#remember(handle, us, true);
    onchange();
  }

  /** Gives up our handle: anyone may claim it from now on. @throws ChatError */
  async giveUp(): Promise<void> {
    const { book, server, onchange } = this.#parts;
    const handle = this.own;
    if (handle === undefined) return;
    await answered(
      server.release(handle).catch((error: unknown) => {
        // What the server does not have is given up already.
        if (!(error instanceof Refused) || error.code !== 'not-found') throw error;
      }),
    );
    await book.update(handle, () => undefined);
    onchange();
  }

  /** Whose key a handle leads to; it is remembered, to tell when that changes. @throws ChatError */
  async lookUp(text: string): Promise<HandleView> {
    const { book, contacts, server, verification, us, onchange } = this.#parts;
    const handle = readHandle(text);
    const card = await answered(server.find(handle));
    if (card === 'forged') throw new ChatError(HANDLE_FORGED);
    if (!card) return { handle, found: undefined };
    const fingerprint = toHex(card.fingerprint);
    const former = book.get(handle)?.keys.filter((key) => key !== fingerprint) ?? [];
    // What this device has no room to remember is shown all the same.
    await this.#remember(handle, fingerprint).catch(() => undefined);
    onchange();
    const isUs = fingerprint === us;
    const safetyNumber = isUs ? undefined : await verification.digitsWith(card);
    return { handle, found: { fingerprint, safetyNumber, isUs, contact: contacts.get(fingerprint)?.name, former } };
  }

  /**
   * After a sign-in: whether our handle is still ours, and whether those that led to people we know still do. A few of
   * them, one after the other; the others have their turn at the next sign-in.
   */
  async check(): Promise<void> {
    const { book, contacts, server, now } = this.#parts;
    if (now() < this.#nextCheck) return;
    this.#nextCheck = now() + CHECK_INTERVAL;
    try {
      await this.#checkOwn();
      const concerning = book.all().filter(({ ours, keys }) => !ours && keys.some((key) => contacts.get(key)));
      for (const { handle } of concerning.slice(0, MAX_CHECKED)) {
        await new Promise((resolve) => setTimeout(resolve, CHECK_PAUSE));
        const card = await server.find(handle);
        if (card !== 'forged') await this.#remember(handle, card && toHex(card.fingerprint));
        this.#parts.onchange();
      }
    } catch (error) {
      if (error instanceof Unreachable) this.#nextCheck = 0;
      else if (!(error instanceof Refused)) throw error;
    }
  }

  /** What to say in the conversation with somebody whose handle has moved on to another key. */
  noteFor(fingerprint: string): string | undefined {
    const handle = this.#parts.book.moved.get(fingerprint);
    return handle && handleMoved(handle);
  }

  /** The person knows. */
  dismissNote(fingerprint: string): void {
    const { book, onchange, onnotice } = this.#parts;
    const handle = book.moved.get(fingerprint);
    if (handle === undefined) return;
    const dismissed = book.update(handle, (known) => known && { ...known, changeSeen: true });
    dismissed.then(onchange, (error: unknown) => onnotice(sentenceOf(error)));
  }

  /** A server that has lost our handle gets the claim again; what somebody else has by now is lost. */
  async #checkOwn(): Promise<void> {
    const { server, us, onnotice } = this.#parts;
    const handle = this.own;
    if (handle === undefined) return;
    const card = await server.find(handle);
    if (card === 'forged') return;
    const owner = card ? toHex(card.fingerprint) : await this.#claimAgain(handle);
    if (owner === us) return;
    await this.#remember(handle, owner, false);
    onnotice(handleLost(handle));
  }

  /** @returns whose it is then, as far as we are told. */
  async #claimAgain(handle: string): Promise<string | undefined> {
    try {
      await this.#parts.server.claim(handle);
      return this.#parts.us;
    } catch (error) {
      if (error instanceof Refused && error.code === 'taken') return undefined;
      throw error;
    }
  }

  /** Remembers that a handle has just led to this key, or to nobody. @param ours - whether we have it, if that changes */
  #remember(handle: string, key: string | undefined, ours?: boolean): Promise<void> {
    const { book, us, now } = this.#parts;
    return book.update(handle, (known) => {
      const keys = known?.keys ?? [];
      const isNews = key !== undefined && key !== keys.at(-1);
      return {
        handle,
        ours: ours ?? (known?.ours === true && (key === undefined || key === us)),
        changeSeen: isNews ? false : (known?.changeSeen ?? false),
        looked: now(),
        keys: isNews ? [...keys.filter((one) => one !== key), key].slice(-MAX_HANDLE_KEYS) : keys,
      };
    });
  }
}

/** The handle that a person has typed. @throws ChatError */
function readHandle(text: string): string {
  const handle = text.trim().toLowerCase();
  if (!isHandle(handle)) throw new ChatError(HANDLE_RULE);
  return handle;
}

/** Waits for the server's answer. @throws ChatError for a refusal, and for none */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Unreachable) throw handleError();
    throw error instanceof Refused ? handleError(error.code) : error;
  }
}
