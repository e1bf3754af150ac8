/**
 * An open link with its session: seals what goes out, opens what comes in, one at a time, so that no two envelopes ever
 * start from one session state. Whatever does not open ends the link; nothing of it was taken.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { LinkError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Identity } from '../identity/identity.ts';
import { decodeBatch, encodeBatch, type Batch } from '../log/batch.ts';
import { openInSession, sealInSession, type Session, type SessionParties } from '../session/session.ts';
import { decodeFrame, encodeFrame } from '../transport/frames.ts';
import type { Link } from '../transport/link.ts';
import type { Established } from './dial.ts';

export class ConversationLink {
  readonly route: Promise<'direct' | 'relay'>;
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #parties: SessionParties;
  readonly #turns = new Serial();
  #session: Session;

  constructor(identity: Identity, { link, session, peer }: Established) {
    this.#link = link;
    this.#session = session;
    this.#parties = { us: identity, them: peer.card };
    this.route = link.route();
    this.closed = link.closed;
  }

  /** Seals a batch and writes it. @returns false if the link has closed. */
  async send(batch: Batch): Promise<boolean> {
    const body = encodeBatch(batch);
    const envelope = await this.#turns.run(async () => {
      const sealed = await sealInSession(this.#session, this.#parties, body);
      this.#session = sealed.session;
      return sealed.envelope;
    });
    try {
      await this.#link.write(encodeFrame('envelope', envelope));
      return true;
    } catch (error) {
      if (error instanceof LinkError) return false;
      throw error;
    }
  }

  /** The next batch, opened and verified; `undefined` once the link is closed, or was closed for what came. */
  async receive(): Promise<Batch | undefined> {
    const bytes = await this.#link.read();
    const batch = bytes && (await this.#open(bytes));
    if (!batch) this.#link.close();
    return batch;
  }

  async #open(bytes: Bytes): Promise<Batch | undefined> {
    const frame = decodeFrame(bytes);
    if (frame?.kind !== 'envelope') return undefined;
    const body = await this.#turns.run(async () => {
      const opened = await openInSession(this.#session, this.#parties, frame.payload);
      if (opened) this.#session = opened.session;
      return opened?.body;
    });
    return body && decodeBatch(body);
  }

  close(): void {
    this.#link.close();
  }
}
